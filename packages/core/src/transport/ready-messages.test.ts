import assert from "node:assert/strict";
import { test } from "node:test";
import { readyTaker, withReady } from "./ready-messages.ts";

async function* letters() {
  yield "a";
}

test("what is ready can be taken where the messages offer it, and never where they do not", () => {
  assert.equal(readyTaker(withReady(letters(), () => "ready"))(), "ready");
  assert.equal(readyTaker(letters())(), undefined);
});

test("nothing is taken past an iterator that somebody put around the messages", async () => {
  const inner = withReady(letters(), () => "ready");
  const wrapped = { ...inner, [Symbol.asyncIterator]: () => letters() };
  assert.equal(readyTaker(wrapped)(), undefined);
  assert.equal((await wrapped[Symbol.asyncIterator]().next()).value, "a");
});
