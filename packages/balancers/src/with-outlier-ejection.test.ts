import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceInstance } from "@im-sdk/contracts";
import { createInstance, ManualClock, testLoadBalancer } from "@im-sdk/testing";
import fc from "fast-check";
import { ConsistentHashBalancer } from "./consistent-hash-balancer.ts";
import { type OutlierEjectionOptions, resolveOutlierEjectionOptions } from "./outlier-ejection-options.ts";
import { RoundRobinBalancer } from "./round-robin-balancer.ts";
import { countOf, instancesOf, numberedIds, pickIds } from "./test-kit/instances.ts";
import { withOutlierEjection } from "./with-outlier-ejection.ts";

testLoadBalancer({
  name: "withOutlierEjection",
  create: () => withOutlierEjection(new RoundRobinBalancer(), { consecutiveFailures: 1 }),
});

function setup(ids: string[], options: OutlierEjectionOptions = {}) {
  const clock = new ManualClock();
  const balancer = withOutlierEjection(new RoundRobinBalancer({ random: () => 0 }), { clock, ...options });
  const instances = new Map(instancesOf(ids).map((instance) => [instance.id, instance]));
  balancer.update([...instances.values()]);
  const report = (id: string, ...outcomes: ("opened" | "closed" | "failed")[]) => {
    for (const outcome of outcomes) balancer.report?.(instances.get(id) as ServiceInstance, outcome);
  };
  const fail = (id: string, times = 5) => report(id, ...Array<"failed">(times).fill("failed"));
  const isPicked = (id: string) => pickIds(balancer, 3 * ids.length).includes(id);
  return { clock, balancer, instances, report, fail, isPicked };
}

test("an instance is ejected by its fifth failure in a row, and a success in between starts the count over", () => {
  const { report, fail, isPicked } = setup(["a", "b", "c"]);
  fail("b", 4);
  report("b", "opened");
  fail("b", 4);
  assert.equal(isPicked("b"), true);
  fail("b", 1);
  assert.equal(isPicked("b"), false);
});

test("when its time is over, one connect at a time may try it, and a success brings it back", async () => {
  const { clock, balancer, report, fail, isPicked } = setup(["a", "b", "c"]);
  fail("b");
  await clock.advance(29_999);
  assert.equal(isPicked("b"), false);
  await clock.advance(1);
  assert.equal(countOf(pickIds(balancer, 30)).b, 1);
  report("b", "opened");
  assert.equal(countOf(pickIds(balancer, 30)).b, 10);
});

test("every failed try makes the next ejection longer by the first, up to the longest, but never shorter than the first", async () => {
  for (const [maxEjectionTimeMs, lengths] of [
    [4_500, [1_000, 2_000, 3_000, 4_000, 4_500, 4_500]],
    [500, [1_000, 1_000]],
  ] as const) {
    const { clock, fail, isPicked } = setup(["a", "b"], { baseEjectionTimeMs: 1_000, maxEjectionTimeMs });
    fail("b");
    for (const lengthMs of lengths) {
      await clock.advance(lengthMs - 1);
      assert.equal(isPicked("b"), false, `before ${lengthMs} ms`);
      await clock.advance(1);
      assert.equal(isPicked("b"), true, `after ${lengthMs} ms`);
      fail("b", 1);
      fail("b", 3);
    }
  }
});

test("earlier ejections fade by one every ten seconds in service, however many connections open meanwhile", async () => {
  const { clock, report, fail, isPicked } = setup(["a", "b"], { baseEjectionTimeMs: 1_000 });
  fail("b");
  for (const lengthMs of [1_000, 2_000, 3_000]) {
    await clock.advance(lengthMs);
    assert.equal(isPicked("b"), true);
    fail("b", 1);
  }
  await clock.advance(4_000);
  assert.equal(isPicked("b"), true);
  report("b", "opened");
  // Four ejections are remembered.
  await clock.advance(20_000);
  report("b", "opened");
  await clock.advance(9_999);
  fail("b");
  await clock.advance(2_999);
  assert.equal(isPicked("b"), false);
  await clock.advance(1);
  assert.equal(isPicked("b"), true);
});

test("a clock that is set back keeps nobody out for longer, and makes no later ejection longer", async () => {
  const { clock, report, fail, isPicked } = setup(["a", "b"], { baseEjectionTimeMs: 1_000 });
  fail("b");
  await clock.advance(10);
  clock.now = () => -3_600_000;
  assert.equal(isPicked("b"), true);
  report("b", "opened");
  clock.now = () => -7_200_000;
  fail("b");
  clock.now = () => -7_200_000 + 2_000;
  assert.equal(isPicked("b"), true);
});

test("connects that began before the ejection do not lengthen it", async () => {
  const { clock, fail, isPicked } = setup(["a", "b"]);
  fail("b", 500);
  await clock.advance(30_000);
  assert.equal(isPicked("b"), true);
});

test("a try of which nobody tells the outcome does not keep the instance out for good", async () => {
  const { clock, isPicked, fail } = setup(["a", "b"]);
  fail("b");
  await clock.advance(30_000);
  assert.equal(isPicked("b"), true);
  await clock.advance(29_999);
  assert.equal(isPicked("b"), false);
  await clock.advance(1);
  assert.equal(isPicked("b"), true);
});

test("a pick of an ejected instance for want of another is no try that would lengthen its ejection", async () => {
  const { clock, balancer, fail, isPicked } = setup(["a", "b"]);
  fail("b");
  assert.equal(balancer.pick({ exclude: new Set(["a"]) })?.id, "b");
  fail("b", 1);
  await clock.advance(30_000);
  assert.equal(isPicked("b"), true);
});

test("as many are ejected as the percentage says, each instance counted once", () => {
  const { balancer, instances, fail } = setup(numberedIds(10), { maxEjectionPercent: 30 });
  balancer.update([...instances.values(), ...instances.values(), ...instances.values()]);
  for (const id of instances.keys()) fail(id);
  assert.equal(new Set(pickIds(balancer, 40)).size, 7);
});

test("with consistent hashing every key but those of the ejected instance keeps its owner", () => {
  const ring = new ConsistentHashBalancer();
  const balancer = withOutlierEjection(ring);
  balancer.update(instancesOf(["a", "b", "c"]));
  const keys = Array.from({ length: 50 }, (_, index) => `user-${index}`);
  const owners = keys.map((key) => ring.pick({ key })?.id);
  for (let failure = 0; failure < 5; failure++) balancer.report?.(createInstance("b"), "failed");
  for (const [index, key] of keys.entries()) {
    const picked = balancer.pick({ key })?.id;
    if (owners[index] === "b") assert.notEqual(picked, "b");
    else assert.equal(picked, owners[index]);
  }
});

test("property: never more than a tenth is ejected, but one may always be", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 45 }),
      fc.array(fc.nat(44)),
      fc.integer({ min: 1, max: 45 }),
      (n, failing, left) => {
        const { balancer, instances, fail } = setup(numberedIds(n));
        for (const index of failing) fail(`n${index % n}`);
        const ejected = () => instances.size - new Set(pickIds(balancer, instances.size)).size;
        if (n > 1)
          assert.equal(
            ejected(),
            Math.min(new Set(failing.map((index) => index % n)).size, Math.max(1, Math.floor(n / 10))),
          );
        for (const id of [...instances.keys()].slice(left)) instances.delete(id);
        balancer.update([...instances.values()]);
        assert.ok(ejected() <= Math.max(1, Math.floor(instances.size / 10)));
      },
    ),
  );
});

test("an ejected instance is picked all the same when the others are excluded or unhealthy", () => {
  const { balancer, instances, fail } = setup(["a", "b", "c"]);
  fail("b");
  assert.equal(balancer.pick({ exclude: new Set(["a", "c"]) })?.id, "b");
  assert.equal(balancer.pick({ exclude: new Set(["a", "b", "c"]) }), undefined);
  balancer.update([...instances.values()].map((one) => (one.id === "b" ? one : { ...one, health: "unhealthy" })));
  assert.equal(balancer.pick()?.id, "b", "failing, but the others are known to be unhealthy");
  balancer.update([...instances.values()].map((one) => ({ ...one, health: "unhealthy" })));
  assert.deepEqual(new Set(pickIds(balancer, 10)), new Set(["a", "c"]));
  balancer.update([...instances.values()].flatMap((one) => (one.id === "b" ? [{ ...one, health: "unhealthy" }] : [])));
  assert.equal(balancer.pick()?.id, "b");
});

test("an instance that is found at another address is another server", () => {
  for (const moved of [{ address: "10.0.0.9" }, { port: 9_999 }]) {
    const { balancer, instances, fail, isPicked } = setup(["a", "b"]);
    fail("b");
    balancer.update([...instances.values()].map((one) => (one.id === "b" ? { ...one, ...moved } : one)));
    assert.equal(isPicked("b"), true);
  }
});

test("the defaults are those of gRFC A50", () => {
  const { clock: _, ...defaults } = resolveOutlierEjectionOptions({});
  assert.deepEqual(defaults, {
    consecutiveFailures: 5,
    baseEjectionTimeMs: 30_000,
    maxEjectionTimeMs: 300_000,
    maxEjectionPercent: 10,
  });
});

test("an instance that leaves is forgotten, and the wrapped balancer hears of updates and reports", () => {
  const { balancer, instances, fail, isPicked } = setup(["a", "b"]);
  fail("b");
  balancer.update([...instances.values()].filter(({ id }) => id === "a"));
  balancer.update([...instances.values()]);
  assert.equal(isPicked("b"), true);

  const heard: string[] = [];
  const wrapped = withOutlierEjection({
    update: (set) => heard.push(`update ${set.length}`),
    pick: () => undefined,
    report: ({ id }, outcome) => heard.push(`${id} ${outcome}`),
  });
  wrapped.update([...instances.values()]);
  for (const outcome of ["failed", "opened", "closed"] as const) {
    wrapped.report?.(instances.get("a") as ServiceInstance, outcome);
  }
  assert.deepEqual(heard, ["update 2", "a failed", "a opened", "a closed"]);
});

test("options that cannot be are refused by name", () => {
  const bad: [OutlierEjectionOptions, RegExp][] = [
    [{ consecutiveFailures: 0 }, /^consecutiveFailures is 0: want a whole number from 1 /],
    [{ baseEjectionTimeMs: -1 }, /^baseEjectionTimeMs is -1/],
    [{ maxEjectionTimeMs: Number.NaN }, /^maxEjectionTimeMs is NaN/],
    [{ maxEjectionPercent: 101 }, /^maxEjectionPercent is 101: want a number from 0 to 100/],
  ];
  for (const [options, message] of bad) {
    assert.throws(() => withOutlierEjection(new RoundRobinBalancer(), options), { name: "RangeError", message });
  }
  const clock = {} as never;
  assert.throws(() => withOutlierEjection(new RoundRobinBalancer(), { clock }), {
    name: "TypeError",
    message: /^clock/,
  });
});
