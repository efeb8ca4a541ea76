import assert from "node:assert/strict";
import { test } from "node:test";
import { testLoadBalancer } from "@im-sdk/testing";
import fc from "fast-check";
import { LeastConnectionsBalancer } from "./least-connections-balancer.ts";
import { countOf, instancesOf, numberedIds } from "./test-kit/instances.ts";
import { seededRandom } from "./test-kit/seeded-random.ts";

testLoadBalancer({ name: "LeastConnectionsBalancer", create: () => new LeastConnectionsBalancer() });

/** Picks and opens so many connections; answers how many each instance got. */
function openMany(balancer: LeastConnectionsBalancer, count: number): Record<string, number> {
  return countOf(
    Array.from({ length: count }, () => {
      const instance = balancer.pick();
      if (instance !== undefined) balancer.report(instance, "opened");
      return instance?.id;
    }),
  );
}

test("of the two that are drawn, the one with fewer connections is picked", () => {
  const draws = [0, 0, 0, 0, 0, 0.99];
  const balancer = new LeastConnectionsBalancer({ random: () => draws.shift() ?? Number.NaN });
  const [a, b, c] = instancesOf(["a", "b", "c"]);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  balancer.update([a, b, c]);
  balancer.report(a, "opened");
  assert.equal(balancer.pick(), b, "a and b were drawn");
  for (let more = 0; more < 2; more++) balancer.report(b, "opened");
  assert.equal(balancer.pick(), a, "a and b were drawn, and b has more by now");
  assert.equal(balancer.pick(), c, "a and c were drawn");
});

test("where both are as busy the first drawn is picked, and the weight counts before there is a connection", () => {
  const balancer = new LeastConnectionsBalancer({ random: () => 0.9 });
  balancer.update(instancesOf(["a", "b"]));
  assert.equal(balancer.pick()?.id, "b");
  balancer.update(instancesOf({ a: 3, b: 1 }));
  assert.equal(balancer.pick()?.id, "a", "drawn second, and three times as strong");
});

test("connections go by weight among many", () => {
  const balancer = new LeastConnectionsBalancer({ random: seededRandom(1) });
  balancer.update(instancesOf({ big: 10, ...Object.fromEntries(numberedIds(9).map((id) => [id, 1])) }));
  const { big = 0 } = openMany(balancer, 1_900);
  assert.ok(Math.abs(big - 1_000) < 50, `${big} of 1,900; its share is 1,000`);
});

test("property: no instance gets far more than its share, for any seed", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 100 }), (seed, n) => {
      const balancer = new LeastConnectionsBalancer({ random: seededRandom(seed) });
      balancer.update(instancesOf(numberedIds(n)));
      const most = Math.max(...Object.values(openMany(balancer, n * 50)));
      // Two choices keep the most loaded within log log n of the mean; one choice would be some twenty above it.
      assert.ok(most <= 50 + 5, `${most} of a mean of 50`);
    }),
    { numRuns: 50 },
  );
});

test("connections are shared by weight, and those that close make room again", () => {
  const balancer = new LeastConnectionsBalancer({ random: seededRandom(1) });
  const [a, b] = instancesOf({ a: 3, b: 1 });
  assert.ok(a !== undefined && b !== undefined);
  balancer.update([a, b]);
  assert.deepEqual(openMany(balancer, 400), { a: 300, b: 100 });
  for (let closed = 0; closed < 30; closed++) balancer.report(a, "closed");
  assert.deepEqual(openMany(balancer, 30), { a: 30 });
});

test("an instance that leaves and comes back still has the connections that stayed open", () => {
  const balancer = new LeastConnectionsBalancer({ random: seededRandom(1) });
  const [a, b] = instancesOf(["a", "b"]);
  assert.ok(a !== undefined && b !== undefined);
  balancer.update([a]);
  openMany(balancer, 5);
  balancer.update([b]);
  balancer.report(a, "closed");
  balancer.update([a, b]);
  assert.deepEqual(openMany(balancer, 4), { b: 4 });
});
