import assert from "node:assert/strict";
import { test } from "node:test";
import { logOptions, messageOf } from "./test-kit/room.ts";
import { openSpoilt } from "./test-kit/spoilt-storage.ts";

test("a message that has left is deleted once, also after the log was opened anew", async (t) => {
  const { database, storage } = await openSpoilt(t);
  const options = logOptions({ maxMessages: 3 });
  let log = storage.openLog("r", options);
  for (let i = 0; i < 10; i += 1) await log.append(messageOf(`${i}`), `${i}`);
  log.close();
  log = storage.openLog("r", options);
  for (let i = 10; i < 15; i += 1) await log.append(messageOf(`${i}`), `${i}`);
  const changes = database.batches.map((batch) => batch.changes);
  // The room's first record; then message, index and record, and one deletion for the message that the batch before pushed out.
  assert.deepEqual(changes, [1, 3, 3, 3, 3, ...Array.from({ length: 11 }, () => 4)]);
});

test("large messages that wait are not written all at once", async (t) => {
  const { database, storage } = await openSpoilt(t);
  const log = storage.openLog("r", logOptions());
  await log.head();
  database.batches.length = 0;
  const large = "x".repeat(3 * 1024 * 1024);
  await Promise.all(["a", "b", "c"].map((key) => log.append(messageOf(large), key)));
  assert.deepEqual(
    database.batches.map(({ changes }) => changes),
    [3, 3, 3],
  );
});
