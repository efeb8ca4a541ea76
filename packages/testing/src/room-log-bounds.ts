import assert from "node:assert/strict";
import { messageOf, textsOf } from "./room-log-set.ts";
import type { RoomLogSuite } from "./room-log-suite.ts";

/** What leaves a log, and what is forgotten, when. */
export function testRoomLogBounds({ on, where }: RoomLogSuite): void {
  where(["exact bounds"], "the oldest leave when there are too many, and the floor follows", () =>
    on(async (set) => {
      const log = set.open("r", { maxMessages: 3 });
      const appended = await set.append(log, "a", "b", "c", "d", "e");
      const head = await log.head();
      assert.deepEqual([head.floor, head.messageCount], [appended[1]?.sequence, 5]);
      assert.deepEqual(textsOf(await log.read({ after: 0n, limit: 9 })), ["c", "d", "e"]);
    }),
  );

  where(["exact bounds"], "the oldest leave when there are too many bytes, the newest never does", () =>
    on(async (set) => {
      const log = set.open("r", { maxBytes: 5_000 });
      const large = (text: string) => text.repeat(2_000);
      await set.append(log, large("a"), large("b"), large("c"));
      assert.deepEqual(textsOf(await log.read({ after: 0n, limit: 9 })), [large("b"), large("c")]);
      await set.append(log, "d".repeat(10_000));
      assert.deepEqual(textsOf(await log.read({ after: 0n, limit: 9 })), ["d".repeat(10_000)]);
    }),
  );

  where(["clock"], "messages leave when their time is over, also one that was changed meanwhile", () =>
    on(async (set) => {
      const log = set.open("r", { ttlMs: 1_000 });
      await set.append(log, "a");
      await set.clock.advance(600);
      const [b] = await set.append(log, "b");
      await set.clock.advance(400);
      assert.deepEqual(textsOf(await log.read({ after: 0n, limit: 9 })), ["b"]);
      log.setTtlMs(100);
      log.prune();
      const head = await log.head();
      assert.deepEqual([head.floor, head.sequence], [b?.sequence, b?.sequence]);
      assert.deepEqual(await log.read({ after: 0n, limit: 9 }), []);
      const [c] = await set.append(log, "c");
      const [entry] = await log.read({ after: 0n, limit: 9 });
      assert.deepEqual([entry?.message.previousSequence, entry?.message.sequence], [b?.sequence, c?.sequence]);
    }),
  );

  where(
    ["clock", "exact bounds"],
    "a key is known for the window when its message has left, and for as long as that is kept",
    () =>
      on(async (set) => {
        const log = set.open("r", { maxMessages: 1, duplicateWindowMs: 1_000 });
        const first = await log.append(messageOf("a"), "a");
        await log.append(messageOf("b"), "b");
        await set.clock.advance(999);
        log.prune();
        assert.deepEqual(await log.append(messageOf("a"), "a"), { ...first, duplicate: true });
        await set.clock.advance(1);
        log.prune();
        assert.equal((await log.append(messageOf("b"), "b")).duplicate, true, "b is kept");
        assert.equal((await log.append(messageOf("a"), "a")).duplicate, false);
      }),
  );

  where(["exact bounds"], "a user who fills the bound of ids loses the oldest of their own, and nobody else's", () =>
    on(async (set) => {
      const log = set.open("r", { maxMessages: 1, maxDuplicateIds: 3 });
      const quiet = await log.append(messageOf("q", "quiet"), "q");
      for (const key of ["1", "2", "3", "4"]) await log.append(messageOf(key, "busy"), key);
      assert.deepEqual(await log.append(messageOf("q", "quiet"), "q"), { ...quiet, duplicate: true });
      assert.equal((await log.append(messageOf("2", "busy"), "2")).duplicate, true);
      assert.equal((await log.append(messageOf("1", "busy"), "1")).duplicate, false);
    }),
  );
}
