import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RegistryError, type ServiceInstance, SnapshotStream } from "@im-sdk/contracts";
import { type ImServer, startImServer } from "@im-sdk/server";
import { createInstance, ManualClock, ManualDiscovery } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { settle } from "./test-kit/until.ts";

const away = new RegistryError("unavailable", "Consul at localhost:8500", "connection refused");

/** Servers by the ids given, in a discovery that knows those of `listed`, and a client that follows it. */
async function setup(t: TestContext, ids: string[], listed = ids, options: Partial<ImClientOptions> = {}) {
  const servers = new Map<string, ImServer>();
  const instances = new Map<string, ServiceInstance>();
  for (const id of ids) {
    const server = await startImServer();
    t.after(() => server.close());
    servers.set(id, server);
    instances.set(id, createInstance(id, { port: server.port }));
  }
  const of = (...some: string[]) => some.map((id) => instances.get(id) ?? createInstance(id));
  const discovery = new ManualDiscovery(of(...listed));
  const client = new ImClient({
    userId: "ann",
    defaultRoomId: "lobby",
    discovery,
    leaveAfterMs: 1,
    retryIntervalMs: 20,
    maxRetries: Number.POSITIVE_INFINITY,
    random: () => 0,
    ...options,
  });
  t.after(() => client.disconnect({ timeoutMs: 1 }));
  return { servers, discovery, client, ann: new Recorder(client), of };
}

test("when its instance disappears, the client opens a stream elsewhere first and then leaves, and loses nothing", async (t) => {
  const { discovery, client, ann, of } = await setup(t, ["a", "b"], ["a"]);
  await client.connect();
  await client.sendTextMessage("lobby", "1");
  discovery.push(of("b"));
  await ann.until(({ servedBy }) => servedBy.length === 2);
  await client.sendTextMessage("lobby", "2");
  await ann.until(({ texts }) => texts.includes("2"));
  assert.deepEqual(ann.servedBy, ["a", "b"]);
  assert.deepEqual([ann.of("disconnect"), ann.of("error")], [[], []]);
});

test("so it does when its instance turns unhealthy, or is found at another address", async (t) => {
  const { discovery, client, ann, of } = await setup(t, ["a", "b", "c"], ["a"]);
  await client.connect();
  discovery.push([...of("a").map((one) => ({ ...one, health: "unhealthy" as const })), ...of("b")]);
  await ann.until(({ servedBy }) => servedBy.length === 2);
  const moved = of("c").map((one) => ({ ...one, id: "b" }));
  discovery.push([...moved, ...of("a")]);
  await ann.until(({ servedBy }) => servedBy.length === 3);
  assert.deepEqual(ann.servedBy.slice(0, 2), ["a", "b"]);
  assert.deepEqual(ann.of("disconnect"), []);
});

test("with an infinite wait it stays until the connection breaks, and goes to a new instance then", async (t) => {
  const { servers, discovery, client, ann, of } = await setup(t, ["a", "b"], ["a"], {
    leaveAfterMs: Number.POSITIVE_INFINITY,
  });
  await client.connect();
  discovery.push(of("b"));
  await settle();
  assert.deepEqual([ann.servedBy, client.instances.list], [["a"], of("b")]);
  assert.equal((await client.healthCheck()).status, 1);
  await servers.get("a")?.close();
  await ann.until(({ servedBy }) => servedBy.length === 2);
  assert.deepEqual(ann.servedBy, ["a", "b"]);
});

test("when nothing else is listed it stays where it is, and moves once something is", async (t) => {
  const { discovery, client, ann, of } = await setup(t, ["a", "b"], ["a"]);
  await client.connect();
  discovery.push([]);
  await ann.until((recorder) => recorder.of("instances").at(-1)?.list.length === 0);
  await settle();
  await client.sendTextMessage("lobby", "still here");
  discovery.push(of("b"));
  await ann.until(({ servedBy }) => servedBy.length === 2);
  assert.deepEqual([ann.servedBy, ann.of("disconnect")], [["a", "b"], []]);
});

test("an outage of the registry disturbs nothing, and is told once, with why; its end is told as well", async (t) => {
  const { discovery, client, ann, of } = await setup(t, ["a", "b"]);
  await client.connect();
  for (let failure = 0; failure < 3; failure++) discovery.fail(away);
  assert.deepEqual([client.instances.list, client.instances.isStale], [of("a", "b"), true]);
  await client.sendTextMessage("lobby", "all the same");
  discovery.push(of("a", "b"));
  await ann.until((recorder) => recorder.of("instances").at(-1)?.isStale === false);
  const told = ann.of("instances").map(({ isStale, error }) => [isStale, error?.code]);
  assert.deepEqual(told, [
    [false, undefined],
    [true, "unavailable"],
    [false, undefined],
  ]);
  assert.deepEqual([ann.of("disconnect"), ann.of("error"), ann.servedBy.length], [[], [], 1]);
});

test("during an outage a lost connection goes by the last list", async (t) => {
  const { servers, discovery, client, ann } = await setup(t, ["a", "b"]);
  await client.connect();
  discovery.fail(away);
  await servers.get(ann.servedBy[0] ?? "")?.close();
  await ann.until(({ servedBy }) => servedBy.length === 2);
  assert.deepEqual(ann.servedBy.toSorted(), ["a", "b"]);
});

test("a list that went stale just after an instance had gone from it makes nobody leave", async (t) => {
  const clock = new ManualClock();
  const { servers, discovery, client, ann, of } = await setup(t, ["a", "b"], ["a"], { clock, leaveAfterMs: 100 });
  await client.connect();
  discovery.push(of("b"));
  await ann.until((recorder) => recorder.of("instances").at(-1)?.list[0]?.id === "b");
  discovery.fail(away);
  await clock.advance(1_000);
  // Had it begun to leave, it would be with b by the time that b has answered somebody else, and that some times over.
  const other = new ImClient({ userId: "bob", services: [`127.0.0.1:${servers.get("b")?.port}`] });
  t.after(() => other.disconnect({ timeoutMs: 1 }));
  await other.connect();
  for (let call = 0; call < 20; call++) await other.healthCheck();
  assert.deepEqual(ann.servedBy, ["a"]);
  discovery.push(of("b"));
  await ann.until((recorder) => recorder.of("instances").at(-1)?.isStale === false);
  await clock.advance(100);
  await ann.until(({ servedBy }) => servedBy.length === 2);
});

test("a server that is found at another address under its old id is moved to, though there is no other", async (t) => {
  const { discovery, client, ann, of } = await setup(t, ["a", "b"], ["a"]);
  await client.connect();
  discovery.push(of("b").map((one) => ({ ...one, id: "a" })));
  await ann.until(({ servedBy }) => servedBy.length === 2);
  assert.deepEqual([ann.of("connect")[1]?.instance?.port, ann.of("disconnect")], [of("b")[0]?.port, []]);
});

test("connect() waits for an instance where the list is empty, and says so when none comes", async (t) => {
  const clock = new ManualClock();
  const { discovery, client, of } = await setup(t, ["a"], [], { clock, connectTimeoutMs: 50 });
  const connecting = assert.rejects(
    client.connect(),
    hasCode(
      "unavailable",
      "no instance of im-service",
      "within 50 ms",
      "ManualDiscovery",
      "registered under this name",
    ),
  );
  await clock.advance(50);
  await connecting;
  const waiting = client.connect();
  await settle();
  discovery.push(of("a"));
  await waiting;
});

test("a discovery that says nothing is named in the error of connect()", async (t) => {
  const clock = new ManualClock();
  const { discovery, client } = await setup(t, ["a"], [], { clock, connectTimeoutMs: 50 });
  discovery.watch = () => new SnapshotStream();
  const connecting = assert.rejects(client.connect(), hasCode("unavailable", "ManualDiscovery: it has not answered"));
  await clock.advance(50);
  await connecting;
});

test("setServices is refused where a discovery gives the list", async (t) => {
  const { client } = await setup(t, ["a"]);
  assert.throws(
    () => client.setServices(["localhost:8083"]),
    hasCode("failed_precondition", "setServices", "discovery"),
  );
});

test("where the last instances are kept, an empty list leaves them, as stale", async (t) => {
  const { servers, discovery, client, ann, of } = await setup(t, ["a", "b"], ["a", "b"], { keepLastInstances: true });
  await client.connect();
  discovery.push([]);
  await ann.until((recorder) => recorder.of("instances").at(-1)?.isStale === true);
  assert.deepEqual(client.instances.list, of("a", "b"));
  await servers.get(ann.servedBy[0] ?? "")?.close();
  await ann.until(({ servedBy }) => servedBy.length === 2);
});

test("a discovery that fails at connect() is an error that says which registry, where and why, and the next try may work", async (t) => {
  const clock = new ManualClock();
  const { discovery, client, of } = await setup(t, ["a"], [], { clock, connectTimeoutMs: 50 });
  discovery.fail(away);
  const connecting = assert.rejects(
    client.connect(),
    hasCode("unavailable", "im-service", "within 50 ms", "Consul at localhost:8500: connection refused"),
  );
  await clock.advance(50);
  await connecting;
  discovery.push(of("a"));
  await client.connect();
});

test("what the registry refuses for good ends connect() at once, with its code", async (t) => {
  const { discovery, client } = await setup(t, ["a"], [], { connectTimeoutMs: 1_000_000 });
  // biome-ignore lint/correctness/useYield: the watch refuses before it has anything to give
  discovery.watch = async function* () {
    throw new RegistryError("permission_denied", "Consul at localhost:8500", "check the token");
  } as typeof discovery.watch;
  await assert.rejects(client.connect(), hasCode("permission_denied", "Consul at localhost:8500", "check the token"));
});
