import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RoomProgress } from "./room-progress.ts";

function setup(...handedOut: bigint[]) {
  const open = { count: 0 };
  const progress = new RoomProgress(open);
  let before = 0n;
  for (const sequence of handedOut) {
    progress.onHandedOut(sequence, before);
    before = sequence;
  }
  return { progress, open };
}

test("a room is read up to the first message that is not acknowledged", () => {
  const { progress, open } = setup(3n, 5n, 9n);
  assert.equal(progress.readUpTo, 0n);
  progress.acknowledge(5n);
  assert.deepEqual([progress.readUpTo, open.count], [0n, 3]);
  progress.acknowledge(3n);
  assert.deepEqual([progress.readUpTo, open.count], [5n, 1]);
  progress.acknowledge(9n);
  assert.deepEqual([progress.readUpTo, open.count], [undefined, 0]);
});

test("what is acknowledged twice, or is not open, changes nothing", () => {
  const { progress, open } = setup(1n, 2n);
  for (const sequence of [7n, 1n, 1n]) progress.acknowledge(sequence);
  assert.deepEqual([progress.readUpTo, open.count], [1n, 1]);
});

test("only what its consumers are done with and did not acknowledge is handed out again, once at a time", () => {
  const { progress } = setup(1n, 2n, 3n);
  progress.onDone(1n);
  progress.acknowledge(2n);
  progress.onDone(2n);
  assert.deepEqual(
    [1n, 1n, 2n, 3n, 4n].map((sequence) => progress.takeLeftOver(sequence)),
    [true, false, false, false, false],
  );
  progress.onDone(1n);
  assert.equal(progress.takeLeftOver(1n), true);
});

test("what is left over can be given up, what is out cannot", () => {
  const { progress, open } = setup(1n, 2n, 3n);
  progress.onDone(1n);
  progress.onDone(3n);
  progress.giveUpLeftOvers(4n);
  assert.deepEqual([progress.readUpTo, open.count], [1n, 2]);
  progress.acknowledge(2n);
  assert.deepEqual([progress.readUpTo, open.count], [undefined, 0]);
});

test("what is discarded counts no more, and its late acknowledgements say nothing", () => {
  const { progress, open } = setup(1n, 2n);
  progress.discard();
  progress.acknowledge(1n);
  assert.deepEqual([progress.readUpTo, open.count], [undefined, 0]);
});

test("under any order of acknowledgements the room is read up to the longest part without a hole", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]), (acknowledged) => {
      const all = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
      const { progress, open } = setup(...all);
      for (const sequence of acknowledged) progress.acknowledge(sequence);
      const hole = all.find((sequence) => !acknowledged.includes(sequence));
      assert.equal(progress.readUpTo, hole === undefined ? undefined : hole - 1n);
      assert.equal(open.count, hole === undefined ? 0 : Number(8n - hole + 1n));
    }),
  );
});
