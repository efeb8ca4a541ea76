import assert from "node:assert/strict";
import { test } from "node:test";
import { GCProfiler } from "node:v8";
import { testLoadBalancer } from "@im-sdk/testing";
import fc from "fast-check";
import { RoundRobinBalancer } from "./round-robin-balancer.ts";
import { countOf, instancesOf, numberedIds, pickIds } from "./test-kit/instances.ts";

testLoadBalancer({ name: "RoundRobinBalancer", create: () => new RoundRobinBalancer() });

function startingAt(share: number, ids: string[]): RoundRobinBalancer {
  const balancer = new RoundRobinBalancer({ random: () => share });
  balancer.update(instancesOf(ids));
  return balancer;
}

test("each instance has its turn, in the order of ids from a random start", () => {
  assert.deepEqual(pickIds(startingAt(0, ["c", "a", "b"]), 4), ["a", "b", "c", "a"]);
  assert.deepEqual(pickIds(startingAt(0.5, ["c", "a", "b"]), 4), ["b", "c", "a", "b"]);
  assert.deepEqual(pickIds(startingAt(0.99, ["c", "a", "b"]), 2), ["c", "a"]);
});

test("whose turn it is survives updates, also of an instance that goes and an empty set in between", () => {
  const balancer = startingAt(0, ["b", "d"]);
  assert.equal(balancer.pick()?.id, "b");
  balancer.update(instancesOf(["a", "b", "c", "d"]));
  assert.equal(balancer.pick()?.id, "d", "d was next");
  assert.equal(balancer.pick()?.id, "a");
  balancer.update(instancesOf(["a", "c", "d"]));
  assert.equal(balancer.pick()?.id, "c", "b was next, and has gone");
  balancer.update([]);
  assert.equal(balancer.pick(), undefined);
  balancer.update(instancesOf(["a", "c", "d"]));
  assert.equal(balancer.pick()?.id, "d");
});

test("an instance that comes back before anybody else was picked has its turn", () => {
  const balancer = startingAt(0, ["a", "b", "c"]);
  for (const expected of ["a", "b", "c", "a", "b"]) {
    for (const flapping of ["a", "b", "c"]) {
      balancer.update(instancesOf(["a", "b", "c"].filter((id) => id !== flapping)));
      balancer.update(instancesOf(["a", "b", "c"]));
    }
    assert.equal(balancer.pick()?.id, expected);
  }
});

test("the random start holds for a list that fills one by one", () => {
  const balancer = new RoundRobinBalancer({ random: () => 0.5 });
  for (let count = 0; count <= 10; count++) balancer.update(instancesOf(numberedIds(count)));
  assert.equal(balancer.pick()?.id, "n5");
});

test("an instance that is listed twice has one turn, and is as it is listed last", () => {
  const balancer = new RoundRobinBalancer({ random: () => 0 });
  const [a, b] = instancesOf(["a", "b"]);
  assert.ok(a !== undefined && b !== undefined);
  const moved = { ...a, port: 9_999 };
  balancer.update([a, b, moved]);
  assert.deepEqual([balancer.pick(), balancer.pick(), balancer.pick()], [moved, b, moved]);
});

test("property: whatever updates with the same set come between, no instance is ever two turns ahead of another", () => {
  const schedule = fc.array(fc.option(fc.infiniteStream(fc.nat()), { nil: undefined }), {
    maxLength: 200,
    size: "max",
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      schedule,
      (n, start, steps) => {
        const ids = numberedIds(n);
        const balancer = startingAt(start, ids);
        const counts = new Map(ids.map((id) => [id, 0]));
        for (const step of steps) {
          if (step === undefined) {
            const id = balancer.pick()?.id ?? "none";
            counts.set(id, (counts.get(id) ?? Number.NaN) + 1);
          } else {
            const order = new Map(ids.map((id) => [id, step.next().value]));
            balancer.update(instancesOf(ids.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))));
          }
          assert.ok(Math.max(...counts.values()) - Math.min(...counts.values()) <= 1);
        }
      },
    ),
  );
});

test("an excluded instance loses its turn to the next one only", () => {
  const balancer = startingAt(0, ["a", "b", "c"]);
  assert.equal(balancer.pick({ exclude: new Set(["a"]) })?.id, "b");
  assert.deepEqual(countOf(pickIds(balancer, 6)), { a: 2, b: 2, c: 2 });
});

test("picking allocates nothing", () => {
  const balancer = startingAt(0, numberedIds(100));
  const context = { key: "user", exclude: new Set<string>() };
  const pickMany = (count: number) => {
    for (let left = count; left > 0; left--) balancer.pick(context);
  };
  pickMany(100_000);
  const profiler = new GCProfiler();
  profiler.start();
  // One small object each would be 160 MB and more: ten collections of the young generation at the least. One may come of what
  // was there before.
  pickMany(10_000_000);
  assert.ok((profiler.stop()?.statistics.length ?? Number.NaN) <= 1);
});

test("an option that cannot be is refused by name", () => {
  assert.throws(() => new RoundRobinBalancer({ random: 0.5 as never }), {
    name: "TypeError",
    message: /^random is 0.5/,
  });
});
