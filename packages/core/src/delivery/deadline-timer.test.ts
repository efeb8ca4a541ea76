import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { DeadlineTimer } from "./deadline-timer.ts";

function setup(next: () => number = () => Number.POSITIVE_INFINITY) {
  const clock = new ManualClock();
  const rang: number[] = [];
  const timer = new DeadlineTimer(clock, (nowMs) => {
    rang.push(nowMs);
    return next();
  });
  return { clock, timer, rang };
}

test("it rings at the earliest of the deadlines, with one timer for all", async () => {
  const { clock, timer, rang } = setup(() => 30);
  for (const deadline of [30, 10, 20]) timer.include(deadline);
  assert.equal(clock.pending, 1);
  await clock.advance(9);
  assert.deepEqual(rang, []);
  await clock.advance(1);
  assert.deepEqual(rang, [10]);
  await clock.advance(20);
  assert.deepEqual(rang, [10, 30], "then at the one that its owner named");
});

test("no deadline means no timer", async () => {
  const { clock, timer, rang } = setup();
  timer.include(Number.POSITIVE_INFINITY);
  assert.equal(clock.pending, 0);
  timer.include(5);
  await clock.advance(5);
  assert.deepEqual([rang, clock.pending], [[5], 0]);
});

test("stopped it rings no more until another deadline is included", async () => {
  const { clock, timer, rang } = setup();
  timer.include(5);
  timer.stop();
  assert.equal(clock.pending, 0);
  timer.include(50);
  await clock.advance(50);
  assert.deepEqual(rang, [50]);
});

test("a deadline that has passed rings at once", async () => {
  const { clock, timer, rang } = setup();
  await clock.advance(100);
  timer.include(20);
  await clock.advance(1);
  assert.equal(rang.length, 1);
});

test("a deadline that comes while it rings counts, also when its owner names a later one", async () => {
  const clock = new ManualClock();
  const rang: number[] = [];
  const timer = new DeadlineTimer(clock, (nowMs) => {
    rang.push(nowMs);
    if (nowMs === 5) timer.include(10);
    return nowMs === 5 ? 50 : Number.POSITIVE_INFINITY;
  });
  timer.include(5);
  await clock.advance(5);
  await clock.advance(5);
  assert.deepEqual([rang, clock.pending], [[5, 10], 0]);
});
