import assert from "node:assert/strict";
import { after, test } from "node:test";
import { skipWithout, startConsul } from "@im-sdk/test-servers";
import { createInstance, ManualClock, startFaultProxy } from "@im-sdk/testing";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { ConsulApi } from "./test-kit/consul-api.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { RecordingClock } from "./test-kit/recording-clock.ts";
import { seldomChecked } from "./test-kit/seldom-checked.ts";
import { startStandIn } from "./test-kit/stand-in.ts";
import { until } from "./test-kit/until.ts";

const real = await skipWithout("consul");
const consul = real.skip === false ? await startConsul() : undefined;
after(() => consul?.stop());
const address = consul?.address ?? "127.0.0.1:1";
const api = new ConsulApi(address);

interface AgentCheck {
  readonly CheckID: string;
  readonly Status: string;
  readonly Type: string;
  readonly ServiceID: string;
}
async function checksOf(id: string): Promise<AgentCheck[]> {
  const checks = Object.values(await api.get<Record<string, AgentCheck>>("/agent/checks"));
  return checks.filter(({ ServiceID }) => ServiceID === id);
}

test("a registration is visible as passing at once, with all of its fields, under a gRPC check", real, async () => {
  await using discovery = new ConsulDiscovery({ address, check: seldomChecked });
  const instance = createInstance("full", {
    name: "full-service",
    address: "fd00::1",
    tags: ["blue"],
    metadata: { weight: "5", zone: "北" },
  });
  const registration = await discovery.register(instance);
  assert.deepEqual(await discovery.discover("full-service"), [instance]);
  assert.equal(registration.instance, instance);
  assert.deepEqual(
    (await checksOf("full")).map(({ Type, Status }) => `${Type} ${Status}`),
    ["grpc passing"],
  );
  await registration.close();
  await registration.close();
  assert.deepEqual(await discovery.discover("full-service"), []);
});

for (const check of [seldomChecked, { kind: "ttl" } as const]) {
  const { kind } = check;
  test(`${kind}: what is deleted from outside is back, passing, with the next heartbeat`, real, async () => {
    const clock = new ManualClock();
    await using discovery = new ConsulDiscovery({ address, clock, check });
    const id = `deleted-${kind}`;
    await using _ = await discovery.register(createInstance(id, { name: id }));
    await api.deregister(id);
    assert.equal(await api.has(id), false);
    await clock.advance(5_000);
    await until(async () => (await api.passingIds(id)).includes(id));
    assert.equal((await checksOf(id))[0]?.Status, "passing");
  });
}

test("a TTL that ran out is passed again by the next heartbeat", real, async () => {
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address, clock, check: { kind: "ttl", ttlMs: 3_000 } });
  await using _ = await discovery.register(createInstance("silent", { name: "silent" }));
  await api.put(`/agent/check/fail/${(await checksOf("silent"))[0]?.CheckID}`);
  assert.deepEqual(await api.passingIds("silent"), []);
  await clock.advance(1_000);
  await until(async () => (await api.passingIds("silent")).length === 1);
});

for (const check of [seldomChecked, { kind: "ttl" } as const]) {
  const { kind } = check;
  test(`${kind}: under the id of an instance that died, only the new check counts, and it passes`, real, async () => {
    await using discovery = new ConsulDiscovery({ address, check });
    const id = `died-${kind}`;
    const Checks = [
      { CheckID: "one", TTL: "1h" },
      { CheckID: "two", TTL: "1h" },
    ];
    await api.put("/agent/service/register", { ID: id, Name: id, Port: 1, Checks });
    await using dying = new ConsulDiscovery({ address, check: { kind: "ttl" }, clock: new ManualClock() });
    await dying.register(createInstance(id, { name: id }));
    await api.put(`/agent/check/fail/${(await checksOf(id))[0]?.CheckID}`);
    assert.deepEqual(await api.passingIds(id), []);
    await discovery.register(createInstance(id, { name: id }));
    assert.deepEqual(await api.passingIds(id), [id]);
    assert.deepEqual(
      (await checksOf(id)).map(({ Type, Status }) => `${Type} ${Status}`),
      [`${kind} passing`],
    );
  });
}

test("register() waits for a Consul that is away, tells every failed try, and then has it", real, async () => {
  await using proxy = await startFaultProxy(address);
  await using discovery = new ConsulDiscovery({ address: proxy.address, check: seldomChecked, random: () => 0 });
  const errors: Error[] = [];
  proxy.refuse();
  const registering = discovery.register(createInstance("late", { name: "late" }), { onError: (e) => errors.push(e) });
  await until(() => errors.length >= 2);
  await proxy.accept();
  await registering;
  assert.deepEqual(await api.passingIds("late"), ["late"]);
  for (const error of errors) hasCode("unavailable", `Consul at ${proxy.address}`, "register", "`address`")(error);
});

test("a registration tells when Consul has it again after tries that failed", real, async () => {
  await using proxy = await startFaultProxy(address);
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address: proxy.address, clock, random: () => 0 });
  const heard: string[] = [];
  const listeners = { onError: () => heard.push("away"), onRecovered: () => heard.push("back") };
  await discovery.register(createInstance("told", { name: "told" }), listeners);
  proxy.refuse();
  proxy.cut();
  await clock.advance(5_000);
  await until(() => heard.includes("away"));
  await proxy.accept();
  await until(async () => {
    await clock.advance(1);
    return heard.at(-1) === "back";
  });
  assert.equal(heard.filter((word) => word === "back").length, 1);
});

test(
  "an abort while registering rejects with its reason, and a request that may have been heeded is taken back",
  real,
  async () => {
    await using proxy = await startFaultProxy(address);
    await using discovery = new ConsulDiscovery({ address: proxy.address, check: seldomChecked });
    proxy.stall("down");
    const abort = new AbortController();
    const registering = discovery.register(createInstance("taken-back", { name: "taken-back" }), {
      signal: abort.signal,
    });
    await until(async () => (await api.passingIds("taken-back")).length === 1);
    const reason = new Error("enough");
    abort.abort(reason);
    await assert.rejects(registering, reason);
    proxy.resume();
    await until(async () => !(await api.has("taken-back")));
    await assert.rejects(discovery.register(createInstance("x"), { signal: abort.signal }), reason);
  },
);

test("an abort while Consul is away leaves nothing to do, since nothing arrived", real, async () => {
  await using proxy = await startFaultProxy(address);
  proxy.refuse();
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address: proxy.address, clock });
  const abort = new AbortController();
  const told = Promise.withResolvers<Error>();
  const registering = discovery.register(createInstance("away"), { signal: abort.signal, onError: told.resolve });
  await told.promise;
  abort.abort();
  await assert.rejects(registering, { name: "AbortError" });
  await discovery.close();
  assert.equal(clock.pending, 0);
});

test("a TTL is passed right after each registration", async () => {
  await using consul = await startStandIn((response, { path }) => {
    response.writeHead(path.startsWith("/v1/agent/check") && consul.asked.length === 3 ? 404 : 200).end();
  });
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address: consul.address, clock, check: { kind: "ttl" } });
  await discovery.register(createInstance("a"));
  await clock.advance(5_000);
  await consul.untilAsked(5);
  const paths = consul.asked.map(({ path }) => path.replace(/[0-9a-f-]{36}$/, "…"));
  const [register, pass] = ["/v1/agent/service/register", "/v1/agent/check/pass/service%3Aa%3A…"];
  assert.deepEqual(paths, [register, pass, pass, register, pass]);
});

test("the signal deregisters, later as well", real, async () => {
  await using discovery = new ConsulDiscovery({ address });
  const abort = new AbortController();
  await discovery.register(createInstance("aborted", { name: "aborted" }), { signal: abort.signal });
  abort.abort();
  await until(async () => !(await api.has("aborted")));
});

test("closing while Consul is away rejects after five seconds, and says that Consul was not told", real, async () => {
  const clock = new ManualClock();
  await using proxy = await startFaultProxy(address);
  const discovery = new ConsulDiscovery({ address: proxy.address, clock, random: () => 0.5 });
  const errors: Error[] = [];
  const onError = (error: Error) => errors.push(error);
  const kept = await discovery.register(createInstance("kept", { name: "kept" }), { onError });
  await discovery.register(createInstance("kept-too", { name: "kept-too" }), { onError });
  proxy.stall();
  const closing = assert.rejects(kept.close(), hasCode("unavailable", "Consul at", "5000 ms", "kept"));
  await clock.advance(5_000);
  await closing;
  assert.deepEqual(errors, []);
  const all = discovery.close();
  await clock.advance(5_000);
  await all;
  assert.deepEqual(errors.map(hasCode("unavailable", "kept-too")), [true]);
  assert.equal(clock.pending, 0);
});

test("deregister() ends what this process keeps alive, and an id that is not there is no error", real, async () => {
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address, clock });
  await discovery.register(createInstance("ended", { name: "ended" }));
  await discovery.deregister("ended");
  assert.equal(clock.pending, 0);
  assert.equal(await api.has("ended"), false);
  await discovery.deregister("ended");
  await api.publish("foreign", [createInstance("foreign", { name: "foreign" })]);
  await discovery.deregister("foreign");
  assert.equal(await api.has("foreign"), false);
});

test("what cannot be an instance is refused here, what Consul does not understand by Consul", real, async () => {
  await using discovery = new ConsulDiscovery({ address });
  await assert.rejects(discovery.register(createInstance("a", { port: 0 })), RangeError);
  for (const id of ["a/b", "a//b", "a/../b"]) {
    await assert.rejects(discovery.register(createInstance(id)), { name: "RangeError", message: /id .* slashes/ });
  }
  await assert.rejects(discovery.register(createInstance("a", { name: "" })), RangeError);
  const badKey = createInstance("a", { metadata: { "two words": "" } });
  await assert.rejects(discovery.register(badKey), hasCode("invalid_argument", "register", "400", "two words"));
  await discovery.close();
  await assert.rejects(discovery.register(createInstance("a")), /closed/);
});

test("the bound of the delay between tries doubles up to five seconds", async () => {
  let status = 500;
  await using consul = await startStandIn((response) => response.writeHead(status).end());
  const clock = new RecordingClock();
  const requestTimeoutMs = 7_000;
  await using discovery = new ConsulDiscovery({ address: consul.address, clock, random: () => 0.8, requestTimeoutMs });
  const abort = new AbortController();
  let failures = 0;
  const registering = discovery.register(createInstance("a"), { signal: abort.signal, onError: () => failures++ });
  for (let tries = 1; tries <= 7; tries++) {
    await until(() => failures === tries);
    await clock.advanceUntilAskedFor(requestTimeoutMs);
  }
  assert.deepEqual(
    clock.delays.filter((delay) => delay !== requestTimeoutMs),
    [200, 400, 800, 1_600, 3_200, 4_000, 4_000],
  );
  status = 200;
  abort.abort();
  await assert.rejects(registering);
});
