import assert from "node:assert/strict";
import { test } from "node:test";
import { contentsOf, logOptions, messageOf } from "./test-kit/room.ts";
import { openSpoilt } from "./test-kit/spoilt-storage.ts";

for (const unused of [1, 2]) {
  test(`a log that waits for one behind ${unused} that nobody used does not write while that does`, async (t) => {
    const { database, storage } = await openSpoilt(t);
    const first = storage.openLog("r", logOptions());
    await first.head();
    const held = Promise.withResolvers<void>();
    database.held = held.promise;
    const before = database.batches.length;
    const a = first.append(messageOf("a"), "a");
    while (database.batches.length === before) await new Promise(setImmediate);
    first.close();
    for (let i = 0; i < unused; i += 1) {
      storage.openLog("r", logOptions()).close();
      // Long enough for it to be gone, were it not to wait.
      await new Promise(setImmediate);
    }
    const last = storage.openLog("r", logOptions());
    const b = last.append(messageOf("b"), "b");
    await new Promise(setImmediate);
    held.resolve();
    assert.deepEqual([(await a).sequence, (await b).sequence], [1n, 2n]);
    assert.deepEqual(await contentsOf(last), [
      ["a", 1n, 0n],
      ["b", 2n, 1n],
    ]);
  });
}

test("a log that was closed before it was used makes no epoch any more, nor does pruning it", async (t) => {
  const { storage } = await openSpoilt(t);
  const closed = storage.openLog("r", logOptions());
  closed.close();
  closed.prune();
  await assert.rejects(Promise.resolve(closed.head()), /the log of room "r" is closed/);
  await assert.rejects(Promise.resolve(closed.read({ after: 0n, limit: 1 })), /the log of room "r" is closed/);
  assert.equal(await storage.hasLog("r"), false);
});
