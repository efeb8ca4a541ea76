import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { entry, instance } from "./test-kit/entry.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { answerJson, startStandIn } from "./test-kit/stand-in.ts";
import { WatchRecorder } from "./test-kit/watch-recorder.ts";

test("token, namespace, datacenter and tag go where Consul looks for them", async () => {
  await using consul = await startStandIn((response) => answerJson(response, [entry], { "x-consul-index": "7" }));
  await using discovery = new ConsulDiscovery({
    address: consul.address,
    token: "secret",
    namespace: "team",
    datacenter: "east",
    tag: "a&b",
    clock: new ManualClock(),
  });
  assert.deepEqual(await discovery.discover("my service"), [instance]);
  const watch = new WatchRecorder(discovery, "my service");
  await consul.untilAsked(3);
  await watch.stop();
  await discovery.register(instance);
  await discovery.deregister("a");
  const [once, first, blocking, register, deregister] = consul.asked;
  assert.equal(once?.path, "/v1/health/service/my%20service");
  assert.equal(`${once?.query}`, "passing=1&dc=east&tag=a%26b&consistent=1");
  assert.equal(`${first?.query}`, `${once?.query}`);
  assert.equal(`${blocking?.query}`, "passing=1&dc=east&tag=a%26b&index=7&wait=10000ms");
  assert.equal(`${register?.path}?${register?.query}`, "/v1/agent/service/register?replace-existing-checks=true");
  assert.equal(`${deregister?.method} ${deregister?.path}`, "PUT /v1/agent/service/deregister/a");
  for (const { headers } of consul.asked) {
    assert.deepEqual([headers["x-consul-token"], headers["x-consul-namespace"]], ["secret", "team"]);
  }
});

test("discover answers in the order of ids, as a watch does", async () => {
  const later = { ...entry, Service: { ...entry.Service, ID: "b" } };
  await using consul = await startStandIn((response) =>
    answerJson(response, [later, entry], { "x-consul-index": "1" }),
  );
  await using discovery = new ConsulDiscovery({ address: consul.address, clock: new ManualClock() });
  const watch = new WatchRecorder(discovery, "s");
  await watch.until(({ snapshots }) => snapshots.length === 1);
  assert.deepEqual(await discovery.discover("s"), watch.last);
  assert.equal(watch.lastIds, "a b");
});

test("a list that access control has thinned out is a refusal, not a service without instances", async () => {
  const filtered = { "x-consul-results-filtered-by-acls": "true", "x-consul-index": "7" };
  await using consul = await startStandIn((response) => answerJson(response, [], filtered));
  await using discovery = new ConsulDiscovery({ address: consul.address, token: "secret" });
  const refused = hasCode("permission_denied", `Consul at ${consul.address}`, "`token`", "service:read", "node:read");
  await assert.rejects(discovery.discover("s"), refused);
  const watch = new WatchRecorder(discovery, "s");
  await assert.rejects(watch.ended, refused);
  assert.deepEqual(watch.snapshots, []);
});

const statuses = {
  400: "invalid_argument",
  401: "unauthenticated",
  403: "permission_denied",
  404: "invalid_argument",
  429: "unavailable",
  500: "unavailable",
  503: "unavailable",
} as const;
for (const [status, code] of Object.entries(statuses)) {
  test(`${status} is ${code}, and Consul's word is quoted`, async () => {
    await using consul = await startStandIn((response) => {
      response.writeHead(Number(status), { "content-type": "text/plain" }).end("its own words");
    });
    await using discovery = new ConsulDiscovery({ address: consul.address, token: "secret" });
    await assert.rejects(
      discovery.discover("s"),
      hasCode(code, status, "its own words", `Consul at ${consul.address}`),
    );
  });
}
