import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LoadBalancer, ServiceInstance } from "@im-sdk/contracts";
import { createInstance } from "./create-instance.ts";

/** Options of {@link testLoadBalancer}. */
export interface BalancerSuiteOptions {
  /** Name of the suite in the report. */
  readonly name: string;
  /** Makes a balancer that knows no instance; called for every test. */
  create(): LoadBalancer;
}

/**
 * Registers with `node:test` what every {@link LoadBalancer} promises, whatever its policy: it picks from the newest set only,
 * an unhealthy instance only when there is no other, never an excluded one, and `undefined` when none is left. How picks are
 * spread is for the balancer's own tests.
 */
export function testLoadBalancer({ name, create }: BalancerSuiteOptions): void {
  const withSet = (...instances: ServiceInstance[]) => {
    const balancer = create();
    balancer.update(instances);
    return balancer;
  };
  const [a, b, c] = ["a", "b", "c"].map((id, index) => createInstance(id, { port: 8_001 + index })) as Trio;

  describe(`${name}: LoadBalancer`, () => {
    test("without instances it picks undefined", () => {
      const balancer = create();
      assert.equal(balancer.pick(), undefined, "before the first update");
      balancer.update([]);
      assert.equal(balancer.pick({ key: "user" }), undefined, "after an empty update");
      balancer.update([a]);
      assert.equal(balancer.pick()?.id, "a");
      balancer.update([]);
      assert.equal(balancer.pick(), undefined, "after the last instance has gone");
    });

    test("it picks from the newest set only, and gives the instance as the set has it", () => {
      const balancer = withSet(a, b);
      assertWithin(idsOf(balancer), ["a", "b"]);
      const moved = { ...b, port: 9_999 };
      balancer.update([moved, c]);
      const picked = picksOf(balancer);
      assertWithin(new Set(picked.map((instance) => instance?.id)), ["b", "c"]);
      for (const instance of picked)
        assert.ok(instance === moved || instance === c, "an instance of an earlier update");
    });

    test("an unhealthy instance is picked only while there is no other", () => {
      const [sickA, sickB] = [a, b].map((instance) => ({ ...instance, health: "unhealthy" as const })) as Pair;
      const balancer = withSet(sickA, c, sickB);
      assertWithin(idsOf(balancer), ["c"]);
      balancer.update([sickA, sickB]);
      assertWithin(idsOf(balancer), ["a", "b"]);
      balancer.update([sickA, b]);
      assertWithin(idsOf(balancer), ["b"]);
    });

    test("unknown health counts as usable", () => {
      const [unknownA, unknownB] = [a, b].map((instance) => ({ ...instance, health: "unknown" as const })) as Pair;
      assertWithin(idsOf(withSet(unknownA, { ...b, health: "unhealthy" })), ["a"]);
      assertWithin(idsOf(withSet({ ...a, health: "unhealthy" }, unknownB)), ["b"]);
    });

    test("an excluded instance is never picked, and undefined is when all are excluded", () => {
      const balancer = withSet(a, b, c);
      for (const excluded of ["a", "b", "c"]) {
        const left = ["a", "b", "c"].filter((id) => id !== excluded);
        assertWithin(idsOf(balancer, new Set([excluded])), left);
        assertWithin(idsOf(balancer, new Set(left)), [excluded]);
      }
      assert.equal(balancer.pick({ exclude: new Set(["a", "b", "c"]) }), undefined);
      assert.equal(balancer.pick({ key: "user", exclude: new Set(["c", "b", "a", "gone"]) }), undefined);
      assertWithin(idsOf(balancer, new Set(["gone"])), ["a", "b", "c"]);
    });

    test("an update with the same set changes nothing visible, in whatever order it comes", () => {
      const balancer = withSet(a, b, c);
      const owners = ownersOf(balancer);
      const picked = idsOf(balancer);
      for (const set of [
        [a, b, c],
        [{ ...c }, { ...a }, { ...b }],
        [b, a, c],
      ]) {
        balancer.update(set);
        assert.deepEqual(ownersOf(balancer), owners);
        assert.deepEqual(idsOf(balancer), picked);
      }
    });

    test("the order of the first update does not matter to what is picked", () => {
      const [one, other] = [withSet(a, b, c), withSet(c, b, a)];
      assert.deepEqual(ownersOf(one), ownersOf(other));
      assert.deepEqual(idsOf(one), idsOf(other));
    });

    test("two balancers share no state", () => {
      const [one, other] = [withSet(a), withSet(b)];
      assert.equal(one.pick()?.id, "a");
      assert.equal(other.pick()?.id, "b");
    });

    test("the set that is handed over stays as it is", () => {
      const instances = ["c", "a", "b"].map((id) => Object.freeze(createInstance(id)));
      const balancer = create();
      balancer.update(Object.freeze(instances));
      assertWithin(idsOf(balancer), ["a", "b", "c"]);
      const growing = [a];
      balancer.update(growing);
      growing[0] = b;
      assertWithin(idsOf(balancer), ["a"]);
    });

    test("an IPv6 address comes back as it was given", () => {
      assert.deepEqual(withSet({ ...a, address: "fd00::1" }).pick(), { ...a, address: "fd00::1" });
    });

    test("a weight that is no positive number counts as 1 and does no harm", () => {
      for (const weight of ["0", "-3", "heavy", "", "NaN", "Infinity"]) {
        assert.equal(withSet({ ...a, metadata: { weight } }).pick({ key: "user" })?.id, "a", `weight "${weight}"`);
      }
    });

    test("thousands of instances are picked from", () => {
      const many = Array.from({ length: 3_000 }, (_, index) =>
        createInstance(`n${index}`, { address: `10.0.${index >> 8}.${index & 255}` }),
      );
      const balancer = withSet(...many);
      const known = new Set(many);
      for (const instance of picksOf(balancer)) assert.ok(instance !== undefined && known.has(instance));
    });

    test("reports are welcome at any time, also of an instance that has gone", () => {
      const balancer = withSet(a, b);
      for (const outcome of ["opened", "failed", "closed", "closed"] as const) balancer.report?.(a, outcome);
      balancer.update([b]);
      for (const outcome of ["closed", "failed"] as const) balancer.report?.(a, outcome);
      assertWithin(idsOf(balancer), ["b"]);
    });
  });
}

type Pair = [ServiceInstance, ServiceInstance];
type Trio = [ServiceInstance, ServiceInstance, ServiceInstance];

const keys = Array.from({ length: 300 }, (_, index) => `user-${index}`);

/** Many picks, with and without a key: a fair balancer of a few instances leaves none out, as near to certain as it gets. */
function picksOf(balancer: LoadBalancer, exclude: ReadonlySet<string> = new Set()): (ServiceInstance | undefined)[] {
  return keys.flatMap((key) => [balancer.pick({ exclude }), balancer.pick({ key, exclude })]);
}

function idsOf(balancer: LoadBalancer, exclude?: ReadonlySet<string>): Set<string | undefined> {
  return new Set(picksOf(balancer, exclude).map((instance) => instance?.id));
}

/** The instance of every key, for a balancer that gives a key the same instance each time; nothing for any other. */
function ownersOf(balancer: LoadBalancer): readonly (string | undefined)[] | "not by key" {
  const owners = keys.map((key) => balancer.pick({ key })?.id);
  // The second time backwards, so that a balancer that takes turns does not look like one that goes by key.
  const again = new Map(keys.toReversed().map((key) => [key, balancer.pick({ key })?.id]));
  return keys.every((key, index) => again.get(key) === owners[index]) ? owners : "not by key";
}

function assertWithin(actual: ReadonlySet<string | undefined>, allowed: readonly string[]): void {
  assert.ok(actual.size > 0);
  for (const id of actual) {
    assert.ok(id !== undefined && allowed.includes(id), `picked ${id}, allowed are ${allowed.join(", ")}`);
  }
}
