import assert from "node:assert/strict";
import { test } from "node:test";
import { validate, version } from "uuid";
import { newMessageId } from "./new-message-id.ts";

test("an id is a UUIDv7, no two are the same, and each is higher than the one before", () => {
  const beforeMs = Date.now();
  const ids = Array.from({ length: 2_000 }, () => newMessageId());
  const afterMs = Date.now();
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids, ids.toSorted());
  for (const id of ids) {
    assert.ok(validate(id) && version(id) === 7, id);
    const ms = Number.parseInt(id.slice(0, 13).replace("-", ""), 16);
    assert.ok(ms >= beforeMs && ms <= afterMs, id);
  }
  // What stands at the end is random, and none of it is used twice.
  for (const at of [24, 30]) assert.ok(new Set(ids.map((id) => id.slice(at, at + 4))).size > 1_500);
});
