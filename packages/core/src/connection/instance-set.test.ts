import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { type PickContext, RegistryError, type ServiceDiscovery, type ServiceInstance } from "@im-sdk/contracts";
import { createInstance, ManualClock, ManualDiscovery } from "@im-sdk/testing";
import type { ImError } from "../im-error.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle, until } from "../test-kit/until.ts";
import { InstanceSet, type KnownInstances } from "./instance-set.ts";

const [a, b] = [createInstance("a"), createInstance("b")];

function setup({ keepLastInstances = false } = {}) {
  const clock = new ManualClock();
  const updates: (readonly ServiceInstance[])[] = [];
  const changes: (KnownInstances & { why: string | undefined })[] = [];
  const errors: ImError[] = [];
  const set = new InstanceSet({
    serviceName: "im-service",
    balancer: { update: (instances) => updates.push(instances), pick: () => undefined },
    keepLastInstances,
    clock,
    onChange: (known, error) => changes.push({ ...known, why: error?.message }),
    onError: (error) => errors.push(error),
  });
  return { clock, set, updates, changes, errors, abort: new AbortController() };
}

/** A discovery whose watch gives one snapshot, or none, and then breaks. */
function breaking(first?: readonly ServiceInstance[]): ServiceDiscovery {
  const discovery = new ManualDiscovery();
  discovery.watch = async function* () {
    if (first !== undefined) yield first;
    throw new Error("registry burnt down");
  } as typeof discovery.watch;
  return discovery;
}

const away = new RegistryError("unavailable", "Consul at localhost:8500", "connection refused");

test("it resolves with the first snapshot, hands every one to the balancer, and tells of each", async () => {
  const { set, updates, changes, abort } = setup();
  const discovery = new ManualDiscovery([a]);
  assert.equal(set.list, undefined);
  await set.follow(discovery, abort.signal);
  discovery.push([a, b]);
  discovery.push([]);
  await until(() => updates.length === 3);
  assert.deepEqual([updates, set.list], [[[a], [a, b], []], []]);
  assert.deepEqual(
    changes.map(({ list, isStale, ageMs, why }) => [list.length, isStale, ageMs, why]),
    [
      [1, false, 0, undefined],
      [2, false, 0, undefined],
      [0, false, 0, undefined],
    ],
  );
  abort.abort();
  await until(() => discovery.watches === 0);
});

test("an outage makes the list stale, once and with why; it grows older until the registry answers", async () => {
  const { set, clock, updates, changes, errors, abort } = setup();
  const discovery = new ManualDiscovery([a]);
  await set.follow(discovery, abort.signal);
  await clock.advance(1_000);
  assert.deepEqual(set.known, { list: [a], isStale: false, ageMs: 0 });
  discovery.fail(away);
  await clock.advance(40);
  discovery.fail(away);
  assert.deepEqual(set.known, { list: [a], isStale: true, ageMs: 40 });
  assert.match(set.lastError?.message ?? "", /im-service.*Consul at localhost:8500: connection refused/);
  discovery.push([a]);
  await until(() => !set.known.isStale);
  assert.deepEqual([set.known, set.lastError], [{ list: [a], isStale: false, ageMs: 0 }, undefined]);
  assert.deepEqual(
    changes.map(({ isStale, why }) => [isStale, why?.includes("connection refused") === true]),
    [
      [false, false],
      [true, true],
      [false, false],
    ],
  );
  assert.deepEqual([updates.length, errors], [2, []]);
  abort.abort();
});

test("the same list again is no news", async () => {
  const { set, updates, changes } = setup();
  const list = [a, b];
  set.update(list);
  set.update(list);
  assert.deepEqual([updates.length, changes.length], [1, 1]);
});

test("a refusal is told as an error as well, once, and an entry that makes no sense without making the list stale", async () => {
  const { set, errors, changes, abort } = setup();
  const discovery = new ManualDiscovery([a]);
  await set.follow(discovery, abort.signal);
  const entry = new RegistryError("data_loss", "etcd at localhost:2379", "/services/im-service/x is no JSON");
  discovery.fail(entry);
  assert.deepEqual([set.known.isStale, errors.map(({ code }) => code)], [false, ["data_loss"]]);
  discovery.fail(away);
  assert.equal(set.known.isStale, true);
  const refused = new RegistryError("permission_denied", "Consul at localhost:8500", "check the token");
  discovery.fail(refused);
  discovery.fail(refused);
  assert.deepEqual([set.known.isStale, errors.map(({ code }) => code)], [true, ["data_loss", "permission_denied"]]);
  assert.deepEqual(
    changes.map(({ why }) => why?.replace(/.*: /, "")),
    [undefined, "connection refused", "check the token"],
  );
  abort.abort();
});

test("an empty list empties the set, unless the last instances are to be kept: then it makes them stale", async () => {
  const keeping = setup({ keepLastInstances: true });
  const discovery = new ManualDiscovery([]);
  await keeping.set.follow(discovery, keeping.abort.signal);
  discovery.push([]);
  await settle();
  assert.deepEqual([keeping.set.known.list, keeping.set.known.isStale], [[], false], "there was nothing to keep");
  discovery.push([a]);
  discovery.push([]);
  await until(() => keeping.set.known.isStale);
  assert.deepEqual([keeping.set.known.list, keeping.updates.at(-1)], [[a], [a]]);
  assert.match(keeping.changes.at(-1)?.why ?? "", /no instance of im-service/);
  discovery.push([b]);
  await until(() => !keeping.set.known.isStale);
  assert.deepEqual(keeping.set.known.list, [b]);
  keeping.abort.abort();
});

test("an instance is listed by its id and address, unless it is unhealthy; where nobody is followed, all are", async () => {
  const { set, abort } = setup();
  assert.equal(set.lists(a), true);
  const discovery = new ManualDiscovery([a, { ...b, health: "unhealthy" }]);
  await set.follow(discovery, abort.signal);
  assert.deepEqual([set.lists(a), set.lists(b)], [true, false]);
  assert.equal(set.lists({ ...a, health: "unknown", metadata: { weight: "2" } }), true);
  for (const moved of [{ address: "10.0.0.1" }, { port: 1 }, { id: "c" }])
    assert.equal(set.lists({ ...a, ...moved }), false);
  abort.abort();
});

test("elsewhere is another place in the list that is not unhealthy, or else what the balancer would pick", () => {
  const { set } = setup();
  assert.equal(set.elsewhere(a, "ann"), undefined);
  set.update([a, { ...b, health: "unhealthy" }]);
  assert.deepEqual([set.elsewhere(a, "ann"), set.elsewhere(b, "ann")], [undefined, ["b"]]);
  set.update([{ ...a, port: 9_999 }]);
  assert.deepEqual(set.elsewhere(a, "ann"), [], "the same id at another place is not to be left out");
  const picks: unknown[] = [];
  const balancerOf = (picked: ServiceInstance | undefined) => ({
    update() {},
    pick(context?: PickContext) {
      picks.push(context);
      return picked;
    },
  });
  const common = { serviceName: "s", keepLastInstances: false, clock: new ManualClock(), onChange() {}, onError() {} };
  assert.deepEqual(new InstanceSet({ ...common, balancer: balancerOf(b) }).elsewhere(a, "ann"), ["a"]);
  assert.equal(new InstanceSet({ ...common, balancer: balancerOf(undefined) }).elsewhere(a, "ann"), undefined);
  assert.deepEqual(picks[0], { key: "ann", exclude: new Set(["a"]) });
});

test("a wait for an instance ends with the first one, or with the signal", async () => {
  const { set, abort } = setup();
  let found = 0;
  const waiting = [1, 2].map(() => set.untilNotEmpty(abort.signal).then(() => found++));
  set.update([]);
  await settle();
  assert.equal(found, 0);
  set.update([a]);
  await Promise.all(waiting);
  await set.untilNotEmpty(abort.signal);
  set.update([]);
  const aborted = set.untilNotEmpty(abort.signal);
  abort.abort();
  await aborted;
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
});

test("a discovery that gives no snapshot rejects; one that breaks later is reported, and the last list stays, stale", async () => {
  const none = setup();
  await assert.rejects(
    none.set.follow(breaking(), none.abort.signal),
    hasCode("unknown", "discovery of im-service", "burnt"),
  );
  assert.deepEqual(none.errors, []);

  const one = setup();
  await one.set.follow(breaking([a]), one.abort.signal);
  await settle();
  assert.deepEqual([one.errors.length, one.set.known.list, one.set.known.isStale], [1, [a], true]);
});

test("what a registry refuses for good before the first snapshot is thrown with its code", async () => {
  const { set, abort } = setup();
  const discovery = new ManualDiscovery();
  const refused = new RegistryError("permission_denied", "Consul at localhost:8500", "check the token");
  // biome-ignore lint/correctness/useYield: the watch refuses before it has anything to give
  discovery.watch = async function* () {
    throw refused;
  } as typeof discovery.watch;
  await assert.rejects(set.follow(discovery, abort.signal), hasCode("permission_denied", "localhost:8500", "token"));
});

test("a discovery that breaks while instances are known from elsewhere is reported, and nobody waits for it", async () => {
  const { set, errors, abort } = setup();
  set.update([a]);
  await set.follow(breaking(), abort.signal);
  assert.match(errors[0]?.message ?? "", /burnt down/);
});

test("a watch that ends by itself is an error", async () => {
  const { set, abort } = setup();
  const discovery = new ManualDiscovery();
  await discovery.close();
  await assert.rejects(
    set.follow(discovery, abort.signal),
    hasCode("unavailable", "the discovery of im-service was closed"),
  );
});

test("an abort before the first snapshot rejects with its reason, and a later one is no error", async () => {
  const { set, errors, abort } = setup();
  const discovery = new ManualDiscovery();
  discovery.fail(away);
  const following = set.follow(discovery, abort.signal);
  const reason = new Error("closed");
  abort.abort(reason);
  await assert.rejects(following, reason);

  const later = setup();
  await later.set.follow(new ManualDiscovery([a]), later.abort.signal);
  later.abort.abort();
  await settle();
  assert.deepEqual([errors, later.errors], [[], []]);
});
