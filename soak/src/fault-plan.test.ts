import assert from "node:assert/strict";
import { test } from "node:test";
import { deckSize, type Fault, isServerTrouble, planFaults } from "./fault-plan.ts";
import { Random, seedsFrom } from "./random.ts";

function take<T>(count: number, source: Iterator<T, never>): T[] {
  return Array.from({ length: count }, () => source.next().value);
}

function first(count: number, seed: number): Fault[] {
  return take(count, planFaults(new Random(seed), 6, 2));
}

test("a seed repeats its faults, and another has others", () => {
  assert.deepEqual(first(100, 7), first(100, 7));
  assert.notDeepEqual(first(100, 7), first(100, 8));
});

test("every deck has every kind of trouble, on clients and servers that there are, in an order of its own", () => {
  const faults = first(2 * deckSize, 7);
  const kinds = faults.map(({ trouble }) =>
    JSON.stringify({ ...trouble, ms: 0, bytesPerSecond: 0, deaf: "deaf" in trouble && trouble.deaf !== undefined }),
  );
  const [one, two] = [kinds.slice(0, deckSize), kinds.slice(deckSize)];
  assert.deepEqual(one.toSorted(), two.toSorted());
  assert.notDeepEqual(one, two);
  assert.deepEqual([...new Set(faults.map(({ trouble }) => trouble.kind))].sort(), [
    "cut",
    "delay",
    "drain",
    "freeze",
    "kill",
    "refuse",
    "stall",
    "throttle",
  ]);
  for (const { trouble, target } of faults) assert.ok(target >= 0 && target < (isServerTrouble(trouble) ? 2 : 6));
  assert.equal(new Set(faults.map(({ target }) => target)).size, 6);
});

test("the seeds of later rounds follow from the first", () => {
  const seeds = take(4, seedsFrom(5));
  assert.deepEqual(seeds, take(4, seedsFrom(5)));
  assert.equal(seeds[0], 5);
  assert.equal(new Set(seeds).size, 4);
});
