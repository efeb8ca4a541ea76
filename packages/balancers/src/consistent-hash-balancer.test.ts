import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ServiceInstance } from "@im-sdk/contracts";
import { createInstance, testLoadBalancer } from "@im-sdk/testing";
import fc from "fast-check";
import { ConsistentHashBalancer } from "./consistent-hash-balancer.ts";
import type { ConsistentHashOptions } from "./consistent-hash-options.ts";
import { countOf, instancesOf, numberedIds, pickIds } from "./test-kit/instances.ts";

testLoadBalancer({ name: "ConsistentHashBalancer", create: () => new ConsistentHashBalancer() });
testLoadBalancer({
  name: "ConsistentHashBalancer with bounded loads",
  create: () => new ConsistentHashBalancer({ loadFactor: 1.25 }),
});

function balancerOf(ids: string[] | Record<string, number>, options?: ConsistentHashOptions): ConsistentHashBalancer {
  const balancer = new ConsistentHashBalancer(options);
  balancer.update(instancesOf(ids));
  return balancer;
}

const keysUpTo = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`);
const ownersOf = (balancer: ConsistentHashBalancer, keys: string[]) => keys.map((key) => balancer.pick({ key })?.id);

test("from 10 to 11 instances about an eleventh of the keys moves, all of them to the new one", () => {
  const keys = keysUpTo(60_000);
  const balancer = balancerOf(numberedIds(10));
  const before = ownersOf(balancer, keys);
  const counts = Object.values(countOf(before));
  assert.ok(Math.max(...counts) / 6_000 < 1.2, `max/mean ${Math.max(...counts) / 6_000}`);
  balancer.update(instancesOf(numberedIds(11)));
  const after = ownersOf(balancer, keys);
  const moved = after.filter((owner, index) => owner !== before[index]);
  assert.ok(moved.every((owner) => owner === "n10"));
  const share = moved.length / keys.length;
  assert.ok(share > 0.07 && share < 0.11, `${(100 * share).toFixed(2)} % moved; the ideal is 9.09 %`);
});

const idSet = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1, maxLength: 12 });

test("property: who comes takes keys for itself only, who goes gives only its own away, and coming back restores all", () => {
  const keys = keysUpTo(300);
  fc.assert(
    fc.property(idSet, fc.nat(), (ids, which) => {
      const changing = ids[which % ids.length] ?? "";
      const balancer = balancerOf(ids);
      const withIt = ownersOf(balancer, keys);
      balancer.update(instancesOf(ids.filter((id) => id !== changing)));
      const withoutIt = ownersOf(balancer, keys);
      for (const [index, owner] of withIt.entries()) {
        if (owner !== changing) assert.equal(withoutIt[index], owner);
      }
      balancer.update(instancesOf(ids));
      assert.deepEqual(ownersOf(balancer, keys), withIt);
    }),
  );
});

test("property: after any updates the owners are those of a balancer that saw only the last one", () => {
  const keys = keysUpTo(100);
  const sets = fc.array(fc.dictionary(fc.constantFrom(..."abcdefgh"), fc.integer({ min: 1, max: 5 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(sets, fc.nat(), (updates, picksAfter) => {
      const balancer = new ConsistentHashBalancer();
      for (const [index, weights] of updates.entries()) {
        balancer.update(instancesOf(weights).reverse());
        if ((picksAfter >> (index % 31)) % 2 === 0) balancer.pick({ key: "now and then" });
      }
      assert.deepEqual(ownersOf(balancer, keys), ownersOf(balancerOf(updates.at(-1) ?? {}), keys));
    }),
  );
});

test("another process gives every key the same owner", () => {
  const [ids, keys] = [
    ["im-1", "im-2", "[fd00::1]:8083", "服务器"],
    ["ann", "张三", "", ...keysUpTo(200)],
  ];
  const file = fileURLToPath(new URL("fixtures/print-owners.ts", import.meta.url));
  const printed = execFileSync(process.execPath, [file, JSON.stringify({ ids: ids.toReversed(), keys })], {
    encoding: "utf8",
  });
  assert.deepEqual(printed.trimEnd().split("\n"), ownersOf(balancerOf(ids), keys));
});

test("keys go by weight, and a change of weight moves keys to or from that instance only", () => {
  const keys = keysUpTo(20_000);
  const balancer = balancerOf({ a: 1, b: 2, c: 5 });
  const before = ownersOf(balancer, keys);
  const { a = 0, b = 0, c = 0 } = countOf(before);
  for (const [count, share] of [
    [a, 1 / 8],
    [b, 2 / 8],
    [c, 5 / 8],
  ] as const) {
    assert.ok(Math.abs(count / keys.length - share) < 0.04, `${count} for a share of ${share}`);
  }
  balancer.update(instancesOf({ a: 1, b: 4, c: 5 }));
  for (const [index, owner] of ownersOf(balancer, keys).entries()) {
    if (owner !== before[index]) assert.equal(owner, "b");
  }
});

test("the points of an instance are held to a hundred thousand, whatever its weight", () => {
  const balancer = balancerOf({ a: Number.MAX_SAFE_INTEGER, b: 250 }, { virtualNodes: 200 });
  const { a = 0, b = 0 } = countOf(ownersOf(balancer, keysUpTo(3_000)));
  assert.ok(a / b > 1.7 && a / b < 2.3, `a ${a}, b ${b}; want 500 to 250`);
});

test("when its owner is unhealthy or excluded, a key has a stand-in, and others keep their owners", () => {
  const keys = keysUpTo(300);
  const balancer = balancerOf(["a", "b", "c"]);
  const before = ownersOf(balancer, keys);
  const withoutB = ownersOf(balancerOf(["a", "c"]), keys);
  assert.deepEqual(
    keys.map((key) => balancer.pick({ key, exclude: new Set(["b"]) })?.id),
    withoutB,
  );
  balancer.update(instancesOf(["a", "b", "c"]).map((one) => (one.id === "b" ? { ...one, health: "unhealthy" } : one)));
  assert.deepEqual(ownersOf(balancer, keys), withoutB);
  balancer.update(instancesOf(["a", "b", "c"]));
  assert.deepEqual(ownersOf(balancer, keys), before);
});

test("without a key the owner is that of the empty text", () => {
  const balancer = balancerOf(numberedIds(5));
  assert.deepEqual(new Set(pickIds(balancer, 20)), new Set([balancer.pick({ key: "" })?.id]));
});

test("of hundreds of updates between two picks the last one counts, with thousands of instances", () => {
  const balancer = balancerOf(numberedIds(3_000));
  balancer.pick({ key: "user" });
  for (let round = 0; round < 500; round++)
    balancer.update([...instancesOf(numberedIds(3_000)), createInstance(`x${round}`)]);
  const owners = new Set(ownersOf(balancer, keysUpTo(100_000)));
  assert.equal(owners.size, 3_001);
  assert.ok(owners.has("x499"));
});

test("property: with bounded loads nobody is given more than ceil(factor x share of all), through opens, closes, and instances that leave and return", () => {
  const step = fc.record({
    do: fc.constantFrom("open", "open", "open", "close", "leave or return"),
    which: fc.nat(50),
  });
  const steps = fc.array(step, { maxLength: 200, size: "max" });
  const weights = fc.dictionary(fc.constantFrom(..."abcdef"), fc.integer({ min: 1, max: 4 }), { minKeys: 1 });
  fc.assert(
    fc.property(weights, fc.constantFrom(100, 110, 125, 200), steps, (set, percent, schedule) => {
      const all = new Map(instancesOf(set).map((one) => [one.id, one]));
      const present = new Map(all);
      const balancer = balancerOf(set, { loadFactor: percent / 100 });
      const open: string[] = [];
      const report = (id: string, outcome: "opened" | "closed") =>
        balancer.report(all.get(id) as ServiceInstance, outcome);
      for (const { do: what, which } of schedule) {
        if (what === "open") {
          const id = balancer.pick({ key: `user-${which % 20}` })?.id ?? "none";
          report(id, "opened");
          open.push(id);
          const total = open.filter((other) => present.has(other)).length;
          const totalWeight = [...present.keys()].reduce((sum, other) => sum + (set[other] ?? Number.NaN), 0);
          // In whole numbers, so that the test rounds nothing.
          const [over, under] = [percent * total * (set[id] ?? Number.NaN), 100 * totalWeight];
          const bound = Math.floor((over + under - 1) / under);
          const held = open.filter((other) => other === id).length;
          assert.ok(held <= bound, `${id} holds ${held}, the bound is ${bound}`);
        } else if (what === "close" && open.length > 0) {
          const [id = ""] = open.splice(which % open.length, 1);
          report(id, "closed");
        } else if (what === "leave or return") {
          const id = [...all.keys()][which % all.size] ?? "";
          if (!present.has(id)) present.set(id, all.get(id) as ServiceInstance);
          else if (present.size > 1) present.delete(id);
          balancer.update([...present.values()]);
        }
      }
    }),
  );
});

test("with bounded loads a key has its owner while that has room, and the next on the ring when not", () => {
  const [plain, bounded] = [balancerOf(["a", "b", "c"]), balancerOf(["a", "b", "c"], { loadFactor: 1 })];
  const owner = plain.pick({ key: "hot" });
  assert.ok(owner !== undefined);
  assert.equal(bounded.pick({ key: "hot" })?.id, owner.id);
  bounded.report(owner, "opened");
  const next = plain.pick({ key: "hot", exclude: new Set([owner.id]) });
  assert.equal(bounded.pick({ key: "hot" })?.id, next?.id);
  bounded.report(owner, "closed");
  assert.equal(bounded.pick({ key: "hot" })?.id, owner.id);
  bounded.report(owner, "opened");
  const others = new Set(["a", "b", "c"].filter((id) => id !== owner.id));
  assert.equal(bounded.pick({ key: "hot", exclude: others })?.id, owner.id, "full, but nobody else is left");
});

test("options that cannot be are refused by name", () => {
  for (const virtualNodes of [0, 1.5, 10_001, Number.NaN, "160" as never]) {
    assert.throws(() => new ConsistentHashBalancer({ virtualNodes }), {
      name: "RangeError",
      message: /^virtualNodes is /,
    });
  }
  for (const loadFactor of [0.99, 101, Number.NaN]) {
    assert.throws(() => new ConsistentHashBalancer({ loadFactor }), { name: "RangeError", message: /^loadFactor is / });
  }
});
