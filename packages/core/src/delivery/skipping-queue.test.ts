import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SkippingQueue } from "./skipping-queue.ts";

test("items come out in order, those that nobody wants any more do not, and a push tells when it was empty", () => {
  type Step = { do: "push" | "shift" } | { do: "drop" | "replace"; share: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constantFrom("push" as const, "shift" as const) }),
    fc.record({ do: fc.constantFrom("drop" as const, "replace" as const), share: fc.integer({ min: 1, max: 5 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const wanted = new Set<number>();
      const queue = new SkippingQueue<number>({ isWanted: (item) => wanted.has(item), wantedCount: () => wanted.size });
      let model: number[] = [];
      let last = 0;
      for (const action of steps) {
        switch (action.do) {
          case "push":
            wanted.add(++last);
            assert.equal(queue.push(last), model.length === 0);
            model.push(last);
            break;
          case "shift": {
            let expected = model.shift();
            while (expected !== undefined && !wanted.has(expected)) expected = model.shift();
            assert.equal(queue.shift(), expected);
            break;
          }
          case "drop":
            for (const item of model) if (item % action.share === 0) wanted.delete(item);
            break;
          case "replace":
            model = model.filter((item) => item % action.share !== 0);
            queue.replace(model);
            break;
        }
      }
    }),
  );
});

test("unwanted items do not pile up while nobody takes any, and wanted ones are all kept", () => {
  let asked = 0;
  const wanted = new Set<number>();
  const queue = new SkippingQueue<number>({
    isWanted(item) {
      asked++;
      return wanted.has(item);
    },
    wantedCount: () => wanted.size,
  });
  for (const item of [-2, -1]) {
    wanted.add(item);
    queue.push(item);
  }
  for (let item = 0; item < 100_000; item++) {
    wanted.add(item);
    queue.push(item);
    wanted.delete(item);
  }
  asked = 0;
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], [-2, -1, undefined]);
  assert.ok(asked < 1_100, `${asked} items were kept`);
});
