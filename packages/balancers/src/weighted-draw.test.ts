import assert from "node:assert/strict";
import { test } from "node:test";
import { instancesOf } from "./test-kit/instances.ts";
import { WeightedDraw } from "./weighted-draw.ts";

/** What every hundredth of the random numbers draws, counted. */
function counts(draw: (random: number) => number): number[] {
  const found = [0, 0, 0];
  for (let step = 0; step < 100; step++) found[draw((step + 0.5) / 100)] = (found[draw((step + 0.5) / 100)] ?? 0) + 1;
  return found;
}

const draw = new WeightedDraw(instancesOf({ a: 5, b: 3, c: 2 }));

test("the first is drawn in proportion to weight", () => {
  assert.deepEqual(
    counts((random) => draw.first(random)),
    [50, 30, 20],
  );
});

test("the second is drawn in proportion to weight among the others, whichever the first was", () => {
  const second = (first: number) => counts((random) => draw.second(random, first));
  assert.deepEqual([second(0), second(1), second(2)].flat(), [0, 60, 40, 71, 0, 29, 62, 38, 0]);
});

test("of a single instance the second is the first, and of none both are nobody", () => {
  const one = new WeightedDraw(instancesOf({ a: 5 }));
  assert.deepEqual([one.first(0.9), one.second(0.9, 0)], [0, 0]);
  const none = new WeightedDraw([]);
  assert.equal(none.instances[none.second(0.9, none.first(0.9))], undefined);
});
