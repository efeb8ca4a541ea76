import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { sleep } from "./sleep.ts";

test("it ends when the time has passed, and leaves the signal alone", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  let awake = false;
  const sleeping = sleep(10, clock, abort.signal).then(() => {
    awake = true;
  });
  await clock.advance(9);
  assert.equal(awake, false);
  await clock.advance(1);
  await sleeping;
  abort.abort();
});

test("an abort rejects with its reason and leaves no timer", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const sleeping = sleep(10, clock, abort.signal);
  const reason = new Error("enough");
  abort.abort(reason);
  await assert.rejects(sleeping, reason);
  await assert.rejects(sleep(10, clock, abort.signal), reason);
  assert.equal(clock.pending, 0);
});
