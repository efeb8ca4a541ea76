import assert from "node:assert/strict";
import { test } from "node:test";
import { Progress } from "./progress.ts";

const never = new AbortController().signal;

test("whoever waits for more is told once that much has come, and not before", async () => {
  const progress = new Progress();
  progress.advance();
  let isOver = false;
  const waiting = progress.more(2, never).then(() => {
    isOver = true;
  });
  progress.advance();
  await Promise.resolve();
  assert.equal(isOver, false);
  progress.advance();
  await waiting;
  assert.equal(progress.count, 3);
});

test("an abort ends the wait, and nothing to wait for is no wait", async () => {
  const progress = new Progress();
  const abort = new AbortController();
  const waiting = progress.more(1, abort.signal);
  abort.abort();
  await waiting;
  await progress.more(1, abort.signal);
  await progress.more(0, never);
});
