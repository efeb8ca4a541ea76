import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StringTable } from "./string-table.ts";

interface Item {
  key: string;
}

const key = fc.oneof(fc.integer({ min: 0, max: 60 }).map(String), fc.string({ maxLength: 3 }));
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("set" as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("get" as const), key }) },
);

test("it holds what a Map would hold, whatever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new StringTable<Item>((item) => item.key);
      const map = new Map<string, Item>();
      for (const each of steps) {
        if (each.kind === "set") {
          const item = { key: each.key };
          table.set(item);
          map.set(each.key, item);
        } else if (each.kind === "delete") {
          assert.equal(table.delete(each.key), map.delete(each.key));
        } else {
          assert.equal(table.get(each.key), map.get(each.key));
        }
        assert.equal(table.size, map.size);
      }
      for (const [each, item] of map) assert.equal(table.get(each), item);
    }),
    { numRuns: 500 },
  );
});

test("ten thousand come and go through a table of a few", () => {
  const table = new StringTable<Item>((item) => item.key);
  for (let index = 0; index < 10_000; index++) {
    table.set({ key: `${index}` });
    if (index >= 3) assert.equal(table.delete(`${index - 3}`), true);
  }
  assert.deepEqual(
    ["9996", "9997", "9998", "9999"].map((each) => table.get(each)?.key),
    [undefined, "9997", "9998", "9999"],
  );
});

test("a cleared table holds nothing", () => {
  const table = new StringTable<Item>((item) => item.key);
  for (let index = 0; index < 100; index++) table.set({ key: `${index}` });
  table.clear();
  assert.deepEqual([table.size, table.get("5"), table.delete("5")], [0, undefined, false]);
  table.set({ key: "5" });
  assert.equal(table.get("5")?.key, "5");
});
