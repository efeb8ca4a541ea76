import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextIndex } from "./query-index.ts";

test("a later index is taken, the same one kept, and one that went back starts over", () => {
  assert.equal(nextIndex(7n, "9"), 9n);
  assert.equal(nextIndex(7n, "7"), 7n);
  assert.equal(nextIndex(7n, "6"), 0n);
});

test("an index of 0, none, or nonsense is at least 1, or starts over", () => {
  for (const header of ["0", undefined, "", "-1", "1e3", ["3", "4"]]) {
    assert.equal(nextIndex(0n, header), 1n);
    assert.equal(nextIndex(1n, header), 0n);
  }
});

test("whatever was before, an index of 64 bits is neither rounded nor ever held against an older state", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
      (previous, index) => {
        assert.equal(nextIndex(previous, `${index}`), index >= previous ? index : 0n);
      },
    ),
  );
});
