import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyRing, firstPointFrom, type HashRing, mergeRings, ringOf, withoutOwners } from "./hash-ring.ts";

function ring(...points: [position: number, owner: number][]): HashRing {
  return {
    positions: Float64Array.from(points, ([position]) => position),
    owners: Uint32Array.from(points, ([, owner]) => owner),
  };
}

const inOrder = (slot: number, other: number) => slot < other;

test("the points of an owner are sorted, and depend on its id and their number only", () => {
  const few = ringOf("a", 7, 3);
  assert.deepEqual(few.positions, few.positions.toSorted());
  assert.deepEqual([...few.owners], [7, 7, 7]);
  const more = new Set(ringOf("a", 0, 5).positions);
  assert.ok(few.positions.every((position) => more.has(position)));
  assert.ok(ringOf("b", 7, 3).positions.every((position) => !more.has(position)));
});

test("property: a merge holds every point with its owner, in order, however the rings were cut", () => {
  const points = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.nat(9)), {
    selector: ([position]) => position,
  });
  fc.assert(
    fc.property(points, (all) => {
      const parts = Map.groupBy(all, ([, owner]) => owner);
      const sorted = (some: [number, number][]) => some.toSorted(([a], [b]) => a - b);
      const merged = mergeRings(
        [...parts.values()].map((part) => ring(...sorted(part))),
        inOrder,
      );
      assert.deepEqual(merged, ring(...sorted(all)));
    }),
  );
});

test("where points meet, the order of the owners decides, not that of the rings", () => {
  const [one, two] = [ring([5, 1]), ring([5, 2])];
  for (const rings of [
    [one, two],
    [two, one],
  ])
    assert.deepEqual(mergeRings(rings, inOrder), ring([5, 1], [5, 2]));
});

test("without some owners, the points of the others stay where they are", () => {
  const all = ring([1, 0], [2, 1], [3, 0], [4, 2]);
  assert.deepEqual(withoutOwners(all, new Set([0])), ring([2, 1], [4, 2]));
  assert.equal(withoutOwners(all, new Set()), all);
  assert.deepEqual(mergeRings([], inOrder), emptyRing);
});

test("a position belongs to the first point at or after it, going round", () => {
  const all = ring([10, 0], [20, 1], [30, 2]);
  const found = [0, 10, 11, 20, 29, 30, 31].map((position) => firstPointFrom(all, position));
  assert.deepEqual(found, [0, 0, 1, 1, 2, 2, 0]);
});
