import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { MessageType } from "@im-sdk/gen";
import { testRoomLogBounds } from "./room-log-bounds.ts";
import { testRoomLogRestarts } from "./room-log-restarts.ts";
import { messageOf, RoomLogSet, textOf, textsOf } from "./room-log-set.ts";
import type { RoomLogSuite, RoomLogSuiteOptions } from "./room-log-suite.ts";
import type { TestedLogEntry, TestedPosition } from "./room-log-under-test.ts";

/**
 * Registers with `node:test` what every `RoomLog` of `@im-sdk/server` promises: positions that go up, each with the one before
 * it; storing, telling and answering in the order of the calls; one copy for each user and key; reading by position; leaving by
 * count, bytes and age; and, of a log that is durable, all of that after a restart.
 */
export function testRoomLog({ name, without = [], create }: RoomLogSuiteOptions): void {
  const suite: RoomLogSuite = {
    async on(run) {
      const subject = await create();
      try {
        await run(new RoomLogSet(subject));
      } finally {
        await subject.dispose?.();
      }
    },
    where(abilities, title, run) {
      if (!abilities.some((ability) => without.includes(ability))) test(title, run);
    },
  };
  describe(`${name}: RoomLog`, () => {
    testAppendAndRead(suite);
    testRoomLogBounds(suite);
    testRoomLogRestarts(suite);
  });
}

function testAppendAndRead({ on }: RoomLogSuite): void {
  test("positions go up, each with the one before it, and the frame is filled in", () =>
    on(async (set) => {
      const log = set.open();
      const appended = await set.append(log, "a", "b", "c");
      const { epoch } = await log.head();
      const entries = await log.read({ after: 0n, limit: 10 });
      assert.deepEqual(textsOf(entries), ["a", "b", "c"]);
      let previous = 0n;
      for (const [index, { message, bytes }] of entries.entries()) {
        const { sequence, timestampMs: at, ...rest } = appended[index] ?? {};
        assert.deepEqual(rest, { epoch, duplicate: false });
        assert.ok(message.sequence > previous);
        assert.deepEqual(
          [
            message.sequence,
            message.previousSequence,
            message.epoch,
            message.timestamp && timestampMs(message.timestamp),
          ],
          [sequence, previous, epoch, at],
        );
        assert.deepEqual([message.fromUserId, message.type, message.metadata], ["alice", MessageType.TEXT, { k: "v" }]);
        assert.ok(bytes >= message.content.byteLength);
        previous = message.sequence;
      }
      const head = await log.head();
      assert.deepEqual([head.sequence, head.floor, head.messageCount], [previous, 0n, 3]);
      assert.equal(head.lastStoredAtMs, appended.at(-1)?.timestampMs);
      assert.ok(head.createdAtMs <= (appended[0]?.timestampMs ?? 0));
    }));

  test("an empty log has a head at 0 and nothing to read", () =>
    on(async (set) => {
      const { sequence, floor, messageCount, lastStoredAtMs, epoch } = await set.open().head();
      assert.deepEqual([sequence, floor, messageCount, lastStoredAtMs], [0n, 0n, 0, undefined]);
      assert.notEqual(epoch, "");
      assert.deepEqual(await set.open("other").read({ after: 0n, limit: 10 }), []);
    }));

  test("appends under way at once are stored, told and answered in the order of the calls", () =>
    on(async (set) => {
      const log = set.open();
      const told: string[] = [];
      const answered: string[] = [];
      log.follow((entry) => told.push(textOf(entry)));
      const texts = Array.from({ length: 500 }, (_, index) => String(index));
      await Promise.all(
        texts.map(async (text) => {
          await log.append(messageOf(text), text);
          answered.push(text);
        }),
      );
      assert.deepEqual(answered, texts);
      assert.deepEqual(told, texts);
      assert.deepEqual(textsOf(await log.read({ after: 0n, limit: 1000 })), texts);
    }));

  test("followers are told of every stored message once, until they stop", () =>
    on(async (set) => {
      const log = set.open();
      const told: TestedLogEntry[] = [];
      const stop = log.follow((entry) => told.push(entry));
      await set.append(log, "a", "b");
      stop();
      await set.append(log, "c");
      assert.deepEqual(textsOf(told), ["a", "b"]);
      const stored = (await log.read({ after: 0n, limit: 2 })).map(({ message }) => message.sequence);
      assert.deepEqual(
        told.map(({ message }) => message.sequence),
        stored,
      );
    }));

  test("a second message of a user with the same key gets the first position, and is neither stored nor told", () =>
    on(async (set) => {
      const log = set.open();
      let told = 0;
      log.follow(() => {
        told += 1;
      });
      const [first, second] = await Promise.all([log.append(messageOf("a"), "k"), log.append(messageOf("b"), "k")]);
      const later = await log.append(messageOf("c"), "k");
      assert.equal(first.duplicate, false);
      assert.deepEqual(second, { ...first, duplicate: true });
      assert.deepEqual(later, { ...first, duplicate: true });
      assert.deepEqual([textsOf(await log.read({ after: 0n, limit: 9 })), told], [["a"], 1]);
    }));

  test("the same key of another user, or in another room, and no key at all are other messages", () =>
    on(async (set) => {
      const log = set.open("r");
      const other = set.open("r2");
      assert.equal((await log.append(messageOf("a"), "k")).duplicate, false);
      assert.equal((await log.append(messageOf("b", "bob"), "k")).duplicate, false);
      assert.equal((await other.append(messageOf("a"), "k")).duplicate, false);
      for (const text of ["c", "c"]) assert.equal((await log.append(messageOf(text), undefined)).duplicate, false);
      assert.deepEqual(textsOf(await log.read({ after: 0n, limit: 9 })), ["a", "b", "c", "c"]);
      assert.deepEqual(textsOf(await other.read({ after: 0n, limit: 9 })), ["a"]);
    }));

  test("rooms keep apart, whatever their ids look like", () =>
    on(async (set) => {
      const ids = ["a", "ab", "a\u0000", "聊天室", "/", ".", "a b.*>"];
      const logs = ids.map((id) => set.open(id));
      for (const [index, log] of logs.entries()) await set.append(log, ids[index] ?? "", "x");
      for (const [index, log] of logs.entries()) {
        assert.deepEqual(textsOf(await log.read({ after: 0n, limit: 9 })), [ids[index], "x"]);
      }
      const epochs = await Promise.all(logs.map(async (log) => (await log.head()).epoch));
      assert.equal(new Set(epochs).size, ids.length);
    }));

  test("reading is by position: after one, before another, at the most so many", () =>
    on(async (set) => {
      const log = set.open();
      const [a, , c, d] = await set.append(log, "a", "b", "c", "d", "e");
      const read = async (after: TestedPosition | undefined, before?: TestedPosition, limit = 9) => {
        const range = { after: after?.sequence ?? 0n, limit };
        return textsOf(await log.read(before === undefined ? range : { ...range, before: before.sequence }));
      };
      assert.deepEqual(await read(a), ["b", "c", "d", "e"]);
      assert.deepEqual(await read(a, d), ["b", "c"]);
      assert.deepEqual(await read(undefined, d, 2), ["a", "b"]);
      assert.deepEqual(await read(c, c), []);
      assert.deepEqual(await read(d, a), []);
      assert.deepEqual(textsOf(await log.read({ after: 1_000_000n, limit: 9 })), []);
    }));
}
