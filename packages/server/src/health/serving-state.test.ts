import assert from "node:assert/strict";
import { test } from "node:test";
import { ServingState } from "./serving-state.ts";

test("it serves while it is available, and after a stop never again; a change is told once", () => {
  const state = new ServingState();
  const told: boolean[] = [];
  const unwatch = state.watch(() => told.push(state.serving));
  for (const isAvailable of [true, false, false, true]) state.setAvailable(isAvailable);
  assert.deepEqual(told, [false, true]);
  state.stop();
  state.stop();
  state.setAvailable(false);
  state.setAvailable(true);
  assert.deepEqual(told.slice(2), [false, false, false]);
  unwatch();
  state.setAvailable(false);
  assert.equal(told.length, 5);
});

test("a wait ends with the next change or with its signal, and leaves nothing behind", async () => {
  const state = new ServingState();
  const changed = state.whenChanged(new AbortController().signal);
  state.setAvailable(false);
  await changed;
  const abort = new AbortController();
  const aborted = state.whenChanged(abort.signal);
  abort.abort();
  await aborted;
  await state.whenChanged(abort.signal);
});
