import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceDiscovery, ServiceInstance } from "@im-sdk/contracts";
import { createInstance, ManualClock, ManualDiscovery } from "@im-sdk/testing";
import type { ImError } from "../im-error.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle, until } from "../test-kit/until.ts";
import { InstanceSet } from "./instance-set.ts";

const [a, b] = [createInstance("a"), createInstance("b")];

function setup() {
  const clock = new ManualClock();
  const updates: (readonly ServiceInstance[])[] = [];
  const errors: ImError[] = [];
  const set = new InstanceSet({
    serviceName: "im-service",
    balancer: { update: (instances) => updates.push(instances), pick: () => undefined },
    clock,
    onError: (error) => errors.push(error),
  });
  return { clock, set, updates, errors, abort: new AbortController() };
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

test("it resolves with the first snapshot, and hands every one to the balancer", async () => {
  const { set, updates, abort } = setup();
  const discovery = new ManualDiscovery([a]);
  assert.equal(set.instances, undefined);
  await set.follow(discovery, abort.signal);
  discovery.push([a, b]);
  discovery.push([]);
  await until(() => updates.length === 3);
  assert.deepEqual([updates, set.instances], [[[a], [a, b], []], []]);
  abort.abort();
  await until(() => discovery.watches === 0);
});

test("its age is that of the last snapshot", async () => {
  const { set, clock } = setup();
  assert.equal(set.ageMs, undefined);
  set.update([a]);
  await clock.advance(40);
  assert.equal(set.ageMs, 40);
  set.update([a]);
  assert.equal(set.ageMs, 0);
});

test("a discovery that gives no snapshot rejects; one that breaks later is reported, and the last list stays", async () => {
  const none = setup();
  await assert.rejects(
    none.set.follow(breaking(), none.abort.signal),
    hasCode("unknown", "discovery of im-service", "burnt"),
  );
  assert.deepEqual(none.errors, []);

  const one = setup();
  await one.set.follow(breaking([a]), one.abort.signal);
  await settle();
  assert.deepEqual([one.errors.length, one.set.instances], [1, [a]]);
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
  await assert.rejects(set.follow(discovery, abort.signal), hasCode("unavailable", "the watch of im-service ended"));
});

test("an abort before the first snapshot rejects with its reason, and a later one is no error", async () => {
  const { set, errors, abort } = setup();
  const discovery = new ManualDiscovery();
  discovery.fail(new Error("away"));
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
