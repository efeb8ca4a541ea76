import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { answerJson, startStandIn } from "./test-kit/stand-in.ts";
import { WatchRecorder } from "./test-kit/watch-recorder.ts";

const entry = { Node: { Node: "n", Address: "10.0.0.1" }, Service: { ID: "a", Service: "s", Port: 1 } };
const instance = {
  id: "a",
  name: "s",
  address: "10.0.0.1",
  port: 1,
  tags: [],
  metadata: {},
  health: "healthy",
} as const;

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

test("an IPv6 address of Consul is dialled without its brackets", async () => {
  await using consul = await startStandIn((response) => answerJson(response, [entry]), "::1");
  await using discovery = new ConsulDiscovery({ address: consul.address });
  assert.deepEqual(await discovery.discover("s"), [instance]);
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

test("a list that is thinned out later is told, and the last one stays", async () => {
  let asked = 0;
  await using consul = await startStandIn((response) => {
    asked++;
    answerJson(response, asked === 1 ? [entry] : [], {
      "x-consul-index": `${asked}`,
      "x-consul-results-filtered-by-acls": `${asked > 1}`,
    });
  });
  await using discovery = new ConsulDiscovery({ address: consul.address, clock: new ManualClock() });
  const watch = new WatchRecorder(discovery, "s");
  await watch.until(({ errors }) => errors.length === 1);
  hasCode("permission_denied")(watch.errors[0]);
  assert.deepEqual(watch.snapshots, [[instance]]);
});

test("an index that went back starts over, and the list that came with it is not believed", async () => {
  const answers: [object[], string | undefined][] = [
    [[entry], "9"],
    [[], "4"],
    [[entry], "4"],
    [[], undefined],
    [[entry], undefined],
  ];
  await using consul = await startStandIn((response) => {
    const next = answers.shift();
    if (next === undefined) return;
    const [list, index] = next;
    answerJson(response, list, index === undefined ? {} : { "x-consul-index": index });
  });
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address: consul.address, clock });
  const watch = new WatchRecorder(discovery, "s");
  for (let asked = 2; asked <= 6; asked++) {
    await consul.untilAsked(asked);
    await clock.advance(1_000);
  }
  assert.deepEqual(
    consul.asked.map(({ query }) => query.get("index")),
    [null, "9", null, "4", null, "1"],
  );
  assert.deepEqual(watch.snapshots, [[instance]]);
});

test("an answer that breaks off, one that is no list, and one that is no JSON are failures like any other", async () => {
  const answers = [
    (response: ServerResponse) => {
      response.writeHead(200, { "content-length": "100", "content-type": "application/json" }).write("[");
      response.socket?.end();
    },
    (response: ServerResponse) => response.end("<html>"),
    (response: ServerResponse) => response.writeHead(200, { "content-type": "application/json" }).end("[{"),
    (response: ServerResponse) => answerJson(response, [entry]),
  ];
  await using consul = await startStandIn((response) => void answers.shift()?.(response));
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address: consul.address, clock, random: () => 0 });
  const watch = new WatchRecorder(discovery, "s");
  await consul.untilAsked(1);
  await clock.advance(5_000);
  for (let failures = 1; failures <= 3; failures++) {
    await watch.until(({ errors }) => errors.length === failures);
    await clock.advance(1_000);
  }
  await watch.until(({ snapshots }) => snapshots.length === 1);
  for (const error of watch.errors) hasCode("unavailable", `Consul at ${consul.address}`)(error);
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
