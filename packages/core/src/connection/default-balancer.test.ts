import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance, testLoadBalancer } from "@im-sdk/testing";
import { createDefaultBalancer } from "./default-balancer.ts";

testLoadBalancer({ name: "the default balancer", create: () => createDefaultBalancer() });

const instances = ["a", "b", "c"].map((id) => createInstance(id));

test("instances take turns from a random start", () => {
  const balancer = createDefaultBalancer(() => 0.5);
  balancer.update(instances);
  assert.deepEqual(
    Array.from({ length: 5 }, () => balancer.pick()?.id),
    ["b", "c", "a", "b", "c"],
  );
});

test("the turn goes on over an update, past who is excluded or unhealthy", () => {
  const balancer = createDefaultBalancer(() => 0);
  balancer.update(instances);
  assert.equal(balancer.pick()?.id, "a");
  balancer.update([...instances, createInstance("d", { health: "unhealthy" })]);
  assert.equal(balancer.pick({ exclude: new Set(["b"]) })?.id, "c");
  assert.equal(balancer.pick()?.id, "a");
});

test("unhealthy instances take turns among themselves when there is no other", () => {
  const balancer = createDefaultBalancer(() => 0);
  balancer.update(instances.map((instance) => ({ ...instance, health: "unhealthy" as const })));
  assert.deepEqual(
    Array.from({ length: 4 }, () => balancer.pick()?.id),
    ["a", "b", "c", "a"],
  );
});
