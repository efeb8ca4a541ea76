import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeSnapshot } from "./merge-snapshot.ts";
import type { ServiceInstance } from "./service-instance.ts";

function instance(id: string, fields: Partial<ServiceInstance> = {}): ServiceInstance {
  return { id, name: "s", address: "::1", port: 1, tags: [], metadata: {}, health: "healthy", ...fields };
}

test("what has not changed stays the same object, down to the whole list", () => {
  const before = [instance("a", { tags: ["x"], metadata: { weight: "2" } }), instance("b")];
  const copy = structuredClone(before).reverse();
  assert.equal(mergeSnapshot(before, copy), before);
  const after = mergeSnapshot(before, [...copy, instance("c")]);
  assert.deepEqual(
    after.map(({ id }) => id),
    ["a", "b", "c"],
  );
  assert.equal(after[0], before[0]);
  assert.deepEqual(mergeSnapshot(after, [instance("b")]), [before[1]]);
});

test("the last instance that goes is a change, as any other", () => {
  const before = [instance("a"), instance("b")];
  assert.deepEqual(mergeSnapshot(before, [instance("a")]), [before[0]]);
  assert.deepEqual(mergeSnapshot(before, []), []);
});

const changes: Partial<ServiceInstance>[] = [
  { name: "t" },
  { address: "::2" },
  { port: 2 },
  { health: "unknown" },
  { tags: ["x", "y"] },
  { tags: ["y"] },
  { metadata: { weight: "3" } },
  { metadata: { zone: "2" } },
  { metadata: {} },
  { metadata: { weight: "2", zone: "1" } },
];
for (const change of changes) {
  test(`${JSON.stringify(change)} is a change`, () => {
    const before = [instance("a", { tags: ["x"], metadata: { weight: "2" } })];
    const changed = { ...before[0], ...change } as ServiceInstance;
    const after = mergeSnapshot(before, [changed]);
    assert.notEqual(after, before);
    assert.equal(after[0], changed);
  });
}

test("of two entries with one id the last stays", () => {
  assert.deepEqual(mergeSnapshot([], [instance("a"), instance("a", { port: 2 })]), [instance("a", { port: 2 })]);
});
