import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { sleep } from "./sleep.ts";

/** One timer at a time, which the test lets go off. */
function oneTimerClock() {
  let timer: { callback: () => void; delayMs: number } | undefined;
  return {
    now: () => 0,
    setTimeout: (callback: () => void, delayMs: number) => {
      timer = { callback, delayMs };
      return timer;
    },
    clearTimeout: (handle: unknown) => {
      if (handle === timer) timer = undefined;
    },
    pending: () => timer,
  };
}

test("it ends when the time has passed, and leaves the signal alone", async () => {
  const clock = oneTimerClock();
  const abort = new AbortController();
  const sleeping = sleep(10, clock, abort.signal);
  assert.equal(clock.pending()?.delayMs, 10);
  assert.equal(getEventListeners(abort.signal, "abort").length, 1);
  clock.pending()?.callback();
  await sleeping;
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
});

test("an abort rejects with its reason and leaves no timer", async () => {
  const clock = oneTimerClock();
  const abort = new AbortController();
  const sleeping = sleep(10, clock, abort.signal);
  const reason = new Error("enough");
  abort.abort(reason);
  await assert.rejects(sleeping, reason);
  await assert.rejects(sleep(10, clock, abort.signal), reason);
  assert.equal(clock.pending(), undefined);
});
