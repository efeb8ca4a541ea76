import assert from "node:assert/strict";
import { test } from "node:test";
import { testLoadBalancer } from "@im-sdk/testing";
import fc from "fast-check";
import { RandomBalancer } from "./random-balancer.ts";
import { countOf, instancesOf, numberedIds, pickIds } from "./test-kit/instances.ts";
import { seededRandom } from "./test-kit/seeded-random.ts";

testLoadBalancer({ name: "RandomBalancer", create: () => new RandomBalancer() });

test("every instance owns an equal part of the random numbers", () => {
  let draw = 0;
  const balancer = new RandomBalancer({ random: () => (draw++ % 600) / 600 });
  balancer.update(instancesOf(["a", "b", "c"]));
  assert.deepEqual(countOf(pickIds(balancer, 600)), { a: 200, b: 200, c: 200 });
});

test("property: picks are uniform (chi-square at 10^-6), of fifty seeds, also among those that are not excluded", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(60), (seed, excluded) => {
      const balancer = new RandomBalancer({ random: seededRandom(seed) });
      balancer.update(instancesOf(numberedIds(10 + excluded)));
      const exclude = new Set(numberedIds(10 + excluded).slice(10));
      const counts = Object.values(countOf(pickIds(balancer, 10_000, { exclude })));
      const chiSquare = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
      // The quantile of the distribution with 9 degrees of freedom.
      assert.ok(counts.length === 10 && chiSquare < 45.08, `chi-square ${chiSquare}`);
    }),
    // The same seeds in every run: of others, one would be off in 20,000 runs.
    { numRuns: 50, seed: 1 },
  );
});
