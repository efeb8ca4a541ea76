import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance } from "@im-sdk/testing";
import { instanceWeight } from "./instance-weight.ts";

const weightOf = (metadata: Record<string, string>) => instanceWeight(createInstance("a", { metadata }));

test("a positive decimal integer is the weight", () => {
  assert.deepEqual(
    ["1", "7", "007", "9007199254740991"].map((weight) => weightOf({ weight })),
    [1, 7, 7, Number.MAX_SAFE_INTEGER],
  );
});

test("an absent weight and anything else count as 1", () => {
  assert.equal(weightOf({}), 1);
  for (const weight of [
    "",
    "0",
    "-3",
    "+5",
    "2.5",
    "1e3",
    "0x10",
    " 5",
    "five",
    "NaN",
    "Infinity",
    "9007199254740993",
  ]) {
    assert.equal(weightOf({ weight }), 1, `weight "${weight}"`);
  }
});
