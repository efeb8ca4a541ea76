import assert from "node:assert/strict";
import { test } from "node:test";
import { Slots } from "./slots.ts";

test("a slot that is free is had at once; the next one waits, in order, until one is freed", async () => {
  const slots = new Slots(1);
  await slots.take();
  const had: string[] = [];
  const later = ["first", "second"].map((name) => slots.take().then(() => had.push(name)));
  slots.free();
  await later[0];
  assert.deepEqual(had, ["first"]);
  slots.free();
  await later[1];
  slots.free();
  await slots.take();
  assert.deepEqual(had, ["first", "second"]);
});
