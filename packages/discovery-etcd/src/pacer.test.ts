import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { Pacer } from "./pacer.ts";

function setUp() {
  const clock = new ManualClock();
  const state = { runs: 0 };
  return { clock, state, pacer: new Pacer(() => state.runs++, 50, clock) };
}

test("a lone request runs at once, a burst once more at the end of the interval", async () => {
  const { clock, state, pacer } = setUp();
  for (let n = 0; n < 1_000; n++) pacer.request();
  assert.equal(state.runs, 1);
  await clock.advance(50);
  assert.equal(state.runs, 2);
  pacer.request();
  assert.equal(state.runs, 2);
  await clock.advance(50);
  assert.equal(state.runs, 3);
  await clock.advance(50);
  assert.deepEqual([state.runs, clock.pending], [3, 0]);
});

test("stopping leaves no timer, and nothing runs any more", async () => {
  const { clock, state, pacer } = setUp();
  for (let n = 0; n < 2; n++) pacer.request();
  pacer.stop();
  assert.equal(clock.pending, 0);
  await clock.advance(100);
  assert.equal(state.runs, 1);
});
