import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance, testServiceDiscovery } from "@im-sdk/testing";
import { hasCode } from "../test-kit/has-code.ts";
import { StaticDiscovery } from "./static-discovery.ts";

testServiceDiscovery({
  name: "StaticDiscovery",
  create: ({ instances }) => ({ discovery: new StaticDiscovery(instances) }),
  without: ["changes", "outages"],
});

test("addresses become instances of the service that is asked for", async () => {
  await using discovery = new StaticDiscovery(["localhost:8083", "[::1]:8084"]);
  const fields = { name: "im-service", tags: [], metadata: {}, health: "unknown" };
  assert.deepEqual(await discovery.discover("im-service"), [
    { id: "localhost:8083", address: "localhost", port: 8083, ...fields },
    { id: "[::1]:8084", address: "::1", port: 8084, ...fields },
  ]);
});

test("an entry that is no address is refused when the discovery is made", () => {
  assert.throws(
    () => new StaticDiscovery(["localhost:8083", "nowhere"]),
    hasCode("invalid_argument", "services", "nowhere"),
  );
  assert.throws(
    () => new StaticDiscovery("localhost:8083" as never),
    hasCode("invalid_argument", "services", "localhost:8083"),
  );
});

test("changes to the list that was passed change nothing", async () => {
  const services = ["localhost:1"];
  await using discovery = new StaticDiscovery(services);
  services.push("localhost:2");
  assert.equal((await discovery.discover("any")).length, 1);
});

test("close ends the watches that are open, and those that follow at once", async () => {
  const discovery = new StaticDiscovery([createInstance("a")]);
  const watch = discovery.watch("any");
  assert.equal((await watch.next()).value?.length, 1);
  const waiting = watch.next();
  await discovery.close();
  assert.equal((await waiting).done, true);
  assert.equal((await discovery.watch("any").next()).done, true);
});
