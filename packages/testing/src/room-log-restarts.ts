import assert from "node:assert/strict";
import { messageOf, textsOf } from "./room-log-set.ts";
import type { RoomLogSuite } from "./room-log-suite.ts";

/** What is there after a log was closed, or its store started anew. */
export function testRoomLogRestarts({ on, where }: RoomLogSuite): void {
  where(["restarts"], "a log that was closed and opened again goes on as the same", () =>
    on(async (set) => {
      const log = set.open();
      const pending = Promise.all(["a", "b"].map((text) => log.append(messageOf(text), text)));
      log.close();
      const [first] = await pending;
      const again = set.open();
      assert.deepEqual(await again.append(messageOf("a"), "a"), { ...first, duplicate: true });
      await set.append(again, "c");
      assert.deepEqual(textsOf(await again.read({ after: 0n, limit: 9 })), ["a", "b", "c"]);
    }),
  );

  where(["restarts", "exact bounds"], "after a restart a log is as it was: epoch, positions, keys, bounds, times", () =>
    on(async (set) => {
      const retention = { maxMessages: 3, duplicateWindowMs: 1_000 };
      const log = set.open("r", retention);
      const appended = await set.append(log, "a", "b", "c", "d");
      const before = await log.head();
      await set.restart();
      await set.clock.advance(500);
      const again = set.open("r", retention);
      assert.deepEqual(await again.head(), before);
      assert.deepEqual(textsOf(await again.read({ after: 0n, limit: 9 })), ["b", "c", "d"]);
      assert.deepEqual(await again.append(messageOf("a"), "a"), { ...appended[0], duplicate: true });
      const [e] = await set.append(again, "e");
      const [entry] = await again.read({ after: before.sequence, limit: 9 });
      assert.deepEqual(
        [entry?.message.previousSequence, entry?.message.sequence, entry?.message.epoch],
        [before.sequence, e?.sequence, before.epoch],
      );
      assert.ok(e !== undefined && e.sequence > before.sequence);
    }),
  );

  where(["restarts"], "after a restart an empty log has the epoch that it told", () =>
    on(async (set) => {
      const before = await set.open().head();
      await set.restart();
      assert.deepEqual(await set.open().head(), before);
    }),
  );

  where(["restarts", "clock"], "what has left does not come back by a restart, nor does a position", () =>
    on(async (set) => {
      const log = set.open("r", { ttlMs: 1_000, duplicateWindowMs: 0 });
      const [, b] = await set.append(log, "a", "b");
      await set.clock.advance(1_000);
      log.prune();
      await log.head();
      await set.restart();
      const again = set.open("r", { ttlMs: 1_000, duplicateWindowMs: 0 });
      const head = await again.head();
      assert.deepEqual([head.sequence, head.floor, head.messageCount], [b?.sequence, b?.sequence, 2]);
      const [c] = await set.append(again, "a");
      assert.equal(c?.duplicate, false);
      assert.ok(b !== undefined && c !== undefined && c.sequence > b.sequence);
    }),
  );
}
