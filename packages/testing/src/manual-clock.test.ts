import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "./manual-clock.ts";

test("timers run when due, in the order of their time and then of their setting", async () => {
  const clock = new ManualClock(1_000);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
  clock.setTimeout(note("late"), 30);
  clock.setTimeout(note("first"), 10);
  clock.setTimeout(note("second"), 10);
  await clock.advance(9);
  assert.deepEqual(ran, []);
  await clock.advance(1);
  assert.deepEqual(ran, ["first@1010", "second@1010"]);
  assert.equal(clock.pending, 1);
  await clock.advance(100);
  assert.deepEqual(ran.slice(2), ["late@1030"]);
  assert.equal(clock.now(), 1_110);
  assert.equal(clock.pending, 0);
});

test("promises settle between timers, so that a timer set by one of them runs in its turn", async () => {
  const clock = new ManualClock();
  const ran: number[] = [];
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  const loop = (async () => {
    for (let round = 0; round < 3; round++) {
      await sleep(10);
      ran.push(clock.now());
    }
  })();
  clock.setTimeout(() => ran.push(-clock.now()), 25);
  await clock.advance(30);
  assert.deepEqual(ran, [10, 20, -25, 30]);
  await loop;
});

test("a cleared timer never runs, also when another timer of the same moment clears it", async () => {
  const clock = new ManualClock();
  let ran = 0;
  const handles: unknown[] = [];
  clock.setTimeout(() => clock.clearTimeout(handles[0]), 5);
  handles.push(clock.setTimeout(() => ran++, 5));
  clock.clearTimeout(clock.setTimeout(() => ran++, 1));
  clock.clearTimeout(undefined);
  await clock.advance(10);
  assert.equal(ran, 0);
  assert.equal(clock.pending, 0);
});

test("a timer of no delay that sets itself again does not hold the clock for ever", async () => {
  const clock = new ManualClock();
  let ran = 0;
  const again = () => {
    ran++;
    clock.setTimeout(again, 0);
  };
  again();
  await clock.advance(5);
  assert.equal(ran, 6);
});

test("what a timer throws rejects advance, and the clock can go on", async () => {
  const clock = new ManualClock();
  clock.setTimeout(() => {
    throw new Error("from the timer");
  }, 3);
  await assert.rejects(clock.advance(10), /from the timer/);
  assert.equal(clock.now(), 3);
  await clock.advance(1);
  assert.equal(clock.now(), 4);
});

test("advance refuses nonsense and a second call at the same time", async () => {
  const clock = new ManualClock();
  for (const ms of [-1, Number.NaN, Infinity]) await assert.rejects(clock.advance(ms), RangeError);
  const first = clock.advance(1);
  await assert.rejects(clock.advance(1), /running already/);
  await first;
});
