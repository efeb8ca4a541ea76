import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { quantile, summaryOf } from "./summary.ts";

test("the median of an even number is between the two in the middle", () => {
  assert.equal(summaryOf([8, 1, 2, 4]).median, 3);
});

test("median, lowest and highest do not depend on the order", () => {
  assert.deepEqual(summaryOf([5, 100, 1, 9, 3]), { median: 5, lowest: 1, highest: 100, rounds: 5 });
});

test("nothing cannot be summed up", () => {
  assert.throws(() => summaryOf([]), RangeError);
});

test("so many of the values as the share says are no larger than the quantile, and no smaller value has as many", () => {
  const values = fc.array(fc.integer(), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 100 }), (list, percent) => {
      const sorted = list.toSorted((a, b) => a - b);
      const value = quantile(sorted, percent / 100);
      const share = (limit: (each: number) => boolean) => sorted.filter(limit).length / sorted.length;
      assert.ok(share((each) => each <= value) >= percent / 100);
      assert.ok(share((each) => each < value) < percent / 100);
    }),
  );
});
