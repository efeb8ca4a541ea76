import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupWriter } from "./group-writer.ts";

/** A disk whose batches the test lets end, one by one. */
function slowDisk() {
  const batches: { changes: readonly string[]; done: PromiseWithResolvers<void> }[] = [];
  const writer = new GroupWriter<string>((changes) => {
    const done = Promise.withResolvers<void>();
    batches.push({ changes, done });
    return done.promise;
  });
  return { writer, batches, written: () => batches.map(({ changes }) => changes.join("")) };
}

/** Everything that can happen without the disk has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("one batch is written at a time, and what comes meanwhile is the next one, in order", async () => {
  const { writer, batches, written } = slowDisk();
  const first = writer.write(["a", "b"]);
  await settled();
  const later = [writer.write(["c"]), writer.write(["d", "e"])];
  await settled();
  assert.deepEqual(written(), ["ab"]);
  batches[0]?.done.resolve();
  await first;
  await settled();
  assert.deepEqual(written(), ["ab", "cde"]);
  batches[1]?.done.resolve();
  await Promise.all(later);
});

test("a write resolves with its own batch, not before", async () => {
  const { writer, batches } = slowDisk();
  let resolved = false;
  void writer.write(["a"]);
  await settled();
  void writer.write(["b"]).then(() => {
    resolved = true;
  });
  batches[0]?.done.resolve();
  await settled();
  assert.equal(resolved, false);
  batches[1]?.done.resolve();
  await settled();
  assert.equal(resolved, true);
});

test("after a failure nothing is written any more, and every write rejects with it", async () => {
  const { writer, batches, written } = slowDisk();
  const failure = new Error("disk full");
  const failing = writer.write(["a"]);
  await settled();
  const waiting = writer.write(["b"]);
  batches[0]?.done.reject(failure);
  await assert.rejects(failing, failure);
  await assert.rejects(waiting, failure);
  await assert.rejects(writer.write(["c"]), failure);
  await writer.drain();
  assert.deepEqual(written(), ["a"]);
});

test("drain waits for what was handed over, also for what has not begun", async () => {
  const { writer, batches } = slowDisk();
  let drained = false;
  void writer.write(["a"]);
  await settled();
  void writer.write(["b"]);
  void writer.drain().then(() => {
    drained = true;
  });
  batches[0]?.done.resolve();
  await settled();
  assert.equal(drained, false);
  batches[1]?.done.resolve();
  await settled();
  assert.equal(drained, true);
});
