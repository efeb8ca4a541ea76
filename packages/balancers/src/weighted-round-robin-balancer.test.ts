import assert from "node:assert/strict";
import { test } from "node:test";
import { testLoadBalancer } from "@im-sdk/testing";
import fc from "fast-check";
import { countOf, instancesOf, pickIds } from "./test-kit/instances.ts";
import { WeightedRoundRobinBalancer } from "./weighted-round-robin-balancer.ts";

testLoadBalancer({ name: "WeightedRoundRobinBalancer", create: () => new WeightedRoundRobinBalancer() });

function balancerOf(weights: Record<string, number>): WeightedRoundRobinBalancer {
  const balancer = new WeightedRoundRobinBalancer();
  balancer.update(instancesOf(weights));
  return balancer;
}

const vectors: [Record<string, number>, string][] = [
  [{ a: 5, b: 1, c: 1 }, "a a b a c a a"],
  [{ a: 4, b: 2, c: 1 }, "a b a c a b a"],
  [{ a: 1, b: 2, c: 3 }, "c b a c b c"],
];
for (const [weights, sequence] of vectors) {
  test(`${JSON.stringify(weights)} gives ${sequence}, again and again`, () => {
    const balancer = balancerOf(weights);
    const expected = sequence.split(" ");
    assert.deepEqual(pickIds(balancer, 2 * expected.length), [...expected, ...expected]);
  });
}

testLoadBalancer({
  name: "WeightedRoundRobinBalancer with a random start",
  create: () => new WeightedRoundRobinBalancer({ randomStart: true }),
});

test("with a random start, first picks are in proportion to weight, and every cycle after it is too", () => {
  const firsts = Array.from({ length: 70 }, (_, index) => {
    const balancer = new WeightedRoundRobinBalancer({ randomStart: true, random: () => (index + 0.5) / 70 });
    balancer.update(instancesOf({ a: 5, b: 1, c: 1 }));
    const cycle = pickIds(balancer, 7);
    assert.deepEqual(countOf(cycle), { a: 5, b: 1, c: 1 });
    return cycle[0];
  });
  assert.deepEqual(countOf(firsts), { a: 50, b: 10, c: 10 });
});

test("a random start keeps to what is excluded, and an option that cannot be is refused by name", () => {
  const balancer = new WeightedRoundRobinBalancer({ randomStart: true, random: () => 0 });
  balancer.update(instancesOf({ a: 5, b: 1, c: 1 }));
  assert.equal(balancer.pick({ exclude: new Set(["a"]) })?.id, "b");
  const randomStart = "yes" as never;
  assert.throws(() => new WeightedRoundRobinBalancer({ randomStart }), { name: "TypeError", message: /^randomStart/ });
});

const weightsOf = fc
  .array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 })
  .map((weights) => Object.fromEntries(weights.map((weight, index) => [`n${index}`, weight])));

test("property: every cycle gives each instance exactly its weight, and at no time is one a number of instances off its share", () => {
  fc.assert(
    fc.property(weightsOf, fc.boolean(), (weights, updates) => {
      const balancer = balancerOf(weights);
      const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
      const counts = Object.fromEntries(Object.keys(weights).map((id) => [id, 0]));
      for (let pick = 1; pick <= total; pick++) {
        const id = balancer.pick()?.id ?? "none";
        counts[id] = (counts[id] ?? Number.NaN) + 1;
        if (updates) balancer.update(instancesOf(weights).reverse());
        for (const [id, weight] of Object.entries(weights)) {
          const share = (pick * weight) / total;
          assert.ok(Math.abs((counts[id] ?? 0) - share) < Object.keys(weights).length / 2 + 0.5);
        }
      }
      assert.deepEqual(counts, weights);
    }),
  );
});

test("an update keeps the state of unchanged weights, and starts a new instance and a changed weight at 0", () => {
  const balancer = balancerOf({ a: 5, b: 1, c: 1 });
  assert.deepEqual(pickIds(balancer, 3), ["a", "a", "b"]);
  // Owed now: a 1, b -4, c 3.
  balancer.update(instancesOf({ a: 5, b: 1, c: 1, d: 1 }));
  assert.deepEqual(pickIds(balancer, 3), ["a", "c", "a"]);
  // Owed now: a 0, b -1, c -2, d 3. Going down to 2 begins a anew.
  balancer.update(instancesOf({ a: 2, b: 1, c: 1, d: 1 }));
  assert.deepEqual(pickIds(balancer, 2), ["d", "a"]);
});

test("a changed weight begins anew also for who was ahead of its share", () => {
  const balancer = balancerOf({ a: 5, b: 1, c: 1 });
  assert.deepEqual(pickIds(balancer, 2), ["a", "a"]);
  // Owed now: a -4, b 2, c 2.
  balancer.update(instancesOf({ a: 6, b: 1, c: 1 }));
  assert.equal(balancer.pick()?.id, "a");
});

test("excluded instances lose nothing, and the others share among themselves by weight", () => {
  const balancer = balancerOf({ a: 5, b: 2, c: 1 });
  assert.deepEqual(countOf(pickIds(balancer, 9, { exclude: new Set(["a"]) })), { b: 6, c: 3 });
  assert.deepEqual(countOf(pickIds(balancer, 8)), { a: 5, b: 2, c: 1 });
});
