import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoomLog } from "@im-sdk/server";
import { levelStorage } from "./level-storage.ts";
import { contentsOf, logOptions, messageOf } from "./test-kit/room.ts";
import { openSpoilt } from "./test-kit/spoilt-storage.ts";

const append = async (log: RoomLog, text: string) => (await log.append(messageOf(text), text)).sequence;
const outcomes = async (appends: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(appends)).map((result) => (result.status === "fulfilled" ? result.value : "failed"));

test("all that is appended while a batch is being written is the next batch, of all rooms together", async (t) => {
  const { database, storage } = await openSpoilt(t);
  const logs = ["a", "b"].map((roomId) => storage.openLog(roomId, logOptions()));
  for (const log of logs) await log.head();
  const before = database.batches.length;
  const held = Promise.withResolvers<void>();
  database.held = held.promise;
  const appends = logs.flatMap((log) => Array.from({ length: 100 }, (_, i) => append(log, String(i))));
  // The first of each room are being written by now.
  while (database.batches.length === before) await new Promise(setImmediate);
  held.resolve();
  const sequences = Array.from({ length: 100 }, (_, i) => BigInt(i + 1));
  assert.deepEqual(await Promise.all(appends), [...sequences, ...sequences]);
  assert.ok(database.batches.length - before <= 3, `${database.batches.length - before} batches`);
});

test("a write that fails rejects all that wait, stores and tells nothing of them, and the next ones go on", async (t) => {
  const { database, storage, path } = await openSpoilt(t);
  const log = storage.openLog("r", logOptions());
  const told: bigint[] = [];
  log.follow(({ message }) => told.push(message.sequence));
  assert.equal(await append(log, "a"), 1n);
  database.failures.push("before");
  assert.deepEqual(await outcomes([append(log, "b"), append(log, "c")]), ["failed", "failed"]);
  assert.equal((await log.head()).sequence, 1n);
  assert.equal(database.reopened, 1);
  assert.deepEqual(await outcomes([append(log, "c"), append(log, "b")]), [2n, 3n]);
  assert.equal(database.reopened, 1, "it is opened anew for the failure, not for every write from then on");
  assert.deepEqual(told, [1n, 2n, 3n]);
  await storage.close();
  const again = await levelStorage({ path });
  const contents = await contentsOf(again.openLog("r", logOptions()));
  await again.close();
  assert.deepEqual(contents, [
    ["a", 1n, 0n],
    ["c", 2n, 1n],
    ["b", 3n, 2n],
  ]);
});

test("a write that was stored though it was said to fail keeps its position, and a second try gets that", async (t) => {
  const { database, storage } = await openSpoilt(t);
  const log = storage.openLog("r", logOptions());
  await append(log, "a");
  database.failures.push("after");
  assert.deepEqual(await outcomes([append(log, "b")]), ["failed"]);
  assert.equal(await append(log, "c"), 3n);
  const again = await log.append(messageOf("b"), "b");
  assert.deepEqual([again.sequence, again.duplicate], [2n, true]);
  assert.deepEqual(await contentsOf(log), [
    ["a", 1n, 0n],
    ["b", 2n, 1n],
    ["c", 3n, 2n],
  ]);
});

test("what was stored though its write failed is told to followers, before its second try is answered", async (t) => {
  const { database, storage, path } = await openSpoilt(t);
  const log = storage.openLog("r", logOptions());
  const events: string[] = [];
  log.follow(({ message }) => events.push(`told ${message.messageId} ${message.sequence}`));
  await append(log, "a");
  database.failures.push("after", "after");
  assert.deepEqual(await outcomes([append(log, "b"), append(log, "never")]), ["failed", "failed"]);
  const answered = (text: string) => append(log, text).then((sequence) => events.push(`answered ${text} ${sequence}`));
  await assert.rejects(answered("c"));
  await Promise.all([answered("b"), answered("c"), answered("d")]);
  assert.deepEqual(events, [
    "told a 1",
    "told b 2",
    "told c 3",
    "answered b 2",
    "told d 4",
    "answered c 3",
    "answered d 4",
  ]);
  await storage.close();
  const again = await levelStorage({ path });
  const told: bigint[] = [];
  const reopened = again.openLog("r", logOptions());
  reopened.follow(({ message }) => told.push(message.sequence));
  await append(reopened, "e");
  await again.close();
  assert.deepEqual(told, [5n], "what was stored before a log was opened is never told");
});

test("what was stored though its write failed is told when the log is only read after that", async (t) => {
  const { database, storage } = await openSpoilt(t);
  const log = storage.openLog("r", logOptions());
  const told: bigint[] = [];
  log.follow(({ message }) => told.push(message.sequence));
  await log.head();
  database.failures.push("after");
  assert.deepEqual(await outcomes([append(log, "a")]), ["failed"]);
  assert.equal((await log.head()).sequence, 1n);
  assert.deepEqual(told, [1n]);
});

test("while the database cannot be opened anew every call says so, in all rooms, and later all is well again", async (t) => {
  const { database, storage } = await openSpoilt(t);
  const [log, other] = [storage.openLog("r", logOptions()), storage.openLog("other", logOptions())];
  await append(log, "a");
  await append(other, "a");
  database.failures.push("before");
  database.failingReopens = 3;
  assert.deepEqual(await outcomes([append(log, "b")]), ["failed"]);
  assert.deepEqual(await outcomes([append(log, "c")]), ["failed"]);
  await assert.rejects(Promise.resolve(other.read({ after: 0n, limit: 1 })), /still no space left/);
  assert.deepEqual(await outcomes([append(other, "b")]), ["failed"]);
  assert.equal(await append(other, "c"), 2n);
  assert.equal(await append(log, "d"), 2n);
  assert.deepEqual(
    (await contentsOf(other)).map(([text]) => text),
    ["a", "c"],
  );
});
