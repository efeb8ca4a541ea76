import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptEntries } from "./kept-entries.ts";

test("the newest ten are kept, in order, however many have come and gone", () => {
  const kept = new KeptEntries<{ id: number; bytes: number; storedAtMs: number }>({
    maxMessages: 10,
    maxBytes: 1_000,
    ttlMs: 1_000,
  });
  for (let id = 0; id < 5_000; id += 1) {
    kept.push({ id, bytes: 1, storedAtMs: 0 });
    const count = Math.min(id + 1, 10);
    const ids = Array.from({ length: count }, (_, index) => id + 1 - count + index);
    assert.equal(kept.count, count);
    assert.deepEqual(
      kept.slice(0, count).map((entry) => entry.id),
      ids,
    );
  }
  kept.dropExpired(1_000);
  assert.equal(kept.count, 0);
});
