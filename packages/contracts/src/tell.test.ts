import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { tell } from "./tell.ts";

test("a listener that throws or rejects becomes a warning of the process, and none at all is fine", async () => {
  const mistake = new Error("a mistake of the listener");
  for (const listener of [
    (_: Error) => {
      throw mistake;
    },
    (_: Error) => Promise.reject(mistake),
  ]) {
    const warned = once(process, "warning");
    tell(listener, new Error("news"));
    assert.deepEqual(await warned, [mistake]);
  }
  tell(undefined, new Error("news"));
});
