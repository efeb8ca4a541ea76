import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout } from "@im-sdk/test-servers";
import { natsRooms } from "./test-kit/nats-rooms.ts";
import { idsOf, logOptions, messageOf } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

/** JetStream drops when it gets to it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}

test("the oldest leave when there are too many, and the floor follows", real, async (t) => {
  const { rooms } = await natsRooms(t, 1);
  const log = rooms[0]?.storage.openLog("few", logOptions({ maxMessages: 3 })) ?? assert.fail();
  for (const id of ["a", "b", "c", "d", "e"]) await log.append(messageOf(id), id);
  assert.deepEqual(await idsOf(log), ["c", "d", "e"]);
  const { floor, sequence, messageCount } = await log.head();
  assert.deepEqual([floor, sequence, messageCount], [2n, 5n, 5]);
});

test(
  "the oldest leave at the next pruning when there are too many bytes, and the newest never does",
  real,
  async (t) => {
    const { rooms } = await natsRooms(t, 1);
    const log = rooms[0]?.storage.openLog("small", logOptions({ maxBytes: 5_000 })) ?? assert.fail();
    const large = (text: string, count = 2_000) =>
      log.append({ ...messageOf(text.repeat(count)), messageId: text }, text);
    for (const id of ["a", "b", "c", "d"]) await large(id);
    log.prune();
    await until(async () => (await idsOf(log)).join() === "c,d");
    await large("e", 10_000);
    log.prune();
    await until(async () => (await idsOf(log)).join() === "e");
    log.prune();
    assert.deepEqual([(await log.head()).floor, await idsOf(log)], [4n, ["e"]]);
  },
);

test(
  "messages leave when their time is over, also one that was changed, and no position is given out again",
  real,
  async (t) => {
    const { nats, rooms } = await natsRooms(t, 1);
    const options = logOptions({ ttlMs: 60_000, duplicateWindowMs: 100 });
    const log = rooms[0]?.storage.openLog("short", options) ?? assert.fail();
    await log.append(messageOf("a"), "a");
    const last = await log.append(messageOf("b"), "b");
    log.setTtlMs(200);
    await until(async () => (await log.head()).floor === 2n);
    assert.deepEqual(await log.read({ after: 0n, limit: 9 }), []);
    await nats.kill();
    await nats.start({ keepData: true });
    const head = await log.head();
    assert.deepEqual(
      [head.epoch, head.sequence, head.floor, head.lastStoredAtMs],
      [last.epoch, 2n, 2n, last.timestampMs],
    );
    log.setTtlMs(60_000);
    assert.deepEqual((await log.append(messageOf("a"), "a")).sequence, 3n);
    assert.deepEqual(await idsOf(log), ["a"]);
  },
);

test("a second try gets the first position also when the message has left within the window", real, async (t) => {
  const { rooms } = await natsRooms(t, 1);
  const log = rooms[0]?.storage.openLog("one", logOptions({ maxMessages: 1 })) ?? assert.fail();
  const first = await log.append(messageOf("a"), "a");
  await log.append(messageOf("b"), "b");
  const { timestampMs: _, ...again } = await log.append(messageOf("a"), "a");
  assert.deepEqual(again, { epoch: first.epoch, sequence: 1n, duplicate: true });
});

test("a server with other bounds changes those of the room when it opens it", real, async (t) => {
  const { rooms } = await natsRooms(t, 2);
  const [one, two] = rooms;
  const log = one?.storage.openLog("shared", logOptions()) ?? assert.fail();
  for (const id of ["a", "b", "c"]) await log.append(messageOf(id), id);
  const other = two?.storage.openLog("shared", logOptions({ maxMessages: 1 })) ?? assert.fail();
  await other.head();
  assert.deepEqual(await idsOf(log), ["c"]);
});

test("thousands are read in pages, from any position, to any other", real, async (t) => {
  const { logs } = await natsRooms(t, 1);
  const [log = assert.fail()] = logs;
  const ids = Array.from({ length: 5_000 }, (_, index) => String(index + 1));
  await Promise.all(ids.map((id) => log.append(messageOf(id), id)));
  assert.deepEqual(await idsOf(log), ids);
  const entries = await log.read({ after: 1_234n, before: 4_000n, limit: 10_000 });
  assert.deepEqual(
    entries.map(({ message }) => message.messageId),
    ids.slice(1_234, 3_999),
  );
});
