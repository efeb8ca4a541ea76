import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  ConsistentHashBalancer,
  LeastConnectionsBalancer,
  RandomBalancer,
  RoundRobinBalancer,
  WeightedRoundRobinBalancer,
  withOutlierEjection,
} from "@im-sdk/balancers";
import type { LoadBalancer, ServiceInstance } from "@im-sdk/contracts";
import { startImServer } from "@im-sdk/server";
import { createInstance, ManualClock, startFaultProxy } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { until } from "./test-kit/until.ts";

/** Servers a, b and c, with the weights given. */
async function startServers(t: TestContext, weights: Record<string, number> = { a: 1, b: 1, c: 1 }) {
  const instances: ServiceInstance[] = [];
  for (const [id, weight] of Object.entries(weights)) {
    const server = await startImServer();
    t.after(() => server.close());
    instances.push(createInstance(id, { port: server.port, metadata: { weight: String(weight) } }));
  }
  return instances;
}

function createClient(t: TestContext, options: ImClientOptions): ImClient {
  const client = new ImClient({ retryIntervalMs: 20, maxRetries: Number.POSITIVE_INFINITY, ...options });
  t.after(() => client.disconnect({ timeoutMs: 1 }));
  return client;
}

/** Connects and answers where to. */
async function connect(client: ImClient): Promise<string> {
  const connected = new Promise<string>((resolve) =>
    client.once("connect", ({ instance }) => resolve(instance?.id ?? "")),
  );
  await client.connect();
  return connected;
}

/** So many clients that share a balancer, one after the other; answers how many each instance got. */
async function connectMany(t: TestContext, balancer: LoadBalancer, services: ServiceInstance[], count: number) {
  const counts: Record<string, number> = {};
  for (let n = 0; n < count; n++) {
    const id = await connect(createClient(t, { userId: `user-${n}`, services, balancer }));
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

test("clients that share a round robin take turns, with weights in proportion", async (t) => {
  const services = await startServers(t, { a: 3, b: 2, c: 1 });
  assert.deepEqual(await connectMany(t, new RoundRobinBalancer(), services, 6), { a: 2, b: 2, c: 2 });
  assert.deepEqual(await connectMany(t, new WeightedRoundRobinBalancer(), services, 12), { a: 6, b: 4, c: 2 });
});

test("a random balancer connects to whom its number says", async (t) => {
  const services = await startServers(t);
  for (const [number, id] of [
    [0, "a"],
    [0.5, "b"],
    [0.99, "c"],
  ] as const) {
    const balancer = new RandomBalancer({ random: () => number });
    assert.equal(await connect(createClient(t, { userId: "ann", services, balancer })), id);
  }
});

test("with consistent hashing a user has the same server in every client, and a hash key goes before the user id", async (t) => {
  const services = await startServers(t);
  const ring = new ConsistentHashBalancer();
  ring.update(services);
  for (const userId of ["ann", "bob", "张三"]) {
    const owner = ring.pick({ key: userId })?.id;
    for (const order of [services, services.toReversed()]) {
      const balancer = new ConsistentHashBalancer();
      assert.equal(await connect(createClient(t, { userId, services: order, balancer })), owner);
      const other = createClient(t, { userId: "somebody", hashKey: userId, services: order, balancer });
      assert.equal(await connect(other), owner);
    }
  }
});

test("connections that open and close are reported: least connections evens out what clients leave behind", async (t) => {
  const services = await startServers(t, { a: 1, b: 1 });
  const balancer = new LeastConnectionsBalancer();
  const clients = Array.from({ length: 6 }, (_, n) => createClient(t, { userId: `user-${n}`, services, balancer }));
  const leaving: ImClient[] = [];
  for (const client of clients) if ((await connect(client)) === "a") leaving.push(client);
  assert.equal(leaving.length, 3);
  for (const client of leaving) await client.disconnect();
  assert.deepEqual(await connectMany(t, balancer, services, 3), { a: 3 });
});

test("an instance that refuses is not picked again in the same attempt, and ejected after enough attempts", async (t) => {
  const [a, b, c] = await startServers(t);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const proxy = await startFaultProxy(`127.0.0.1:${b.port}`);
  t.after(() => proxy.close());
  proxy.refuse();
  const services = [a, { ...b, port: proxy.port }, c];
  const outcomes: string[] = [];
  const inner = new RoundRobinBalancer({ random: () => 0 });
  const heard: LoadBalancer = {
    update: (instances) => inner.update(instances),
    pick: (context) => inner.pick(context),
    report: ({ id }, outcome) => outcomes.push(`${id} ${outcome}`),
  };
  const balancer = withOutlierEjection(heard, { consecutiveFailures: 2 });
  assert.deepEqual(await connectMany(t, balancer, services, 6), { a: 3, c: 3 });
  assert.deepEqual(
    outcomes.filter((outcome) => outcome.startsWith("b")),
    ["b failed", "b failed"],
  );
});

test("when its server dies, a client goes to another by the same balancer, and tells of the close", async (t) => {
  const services = await startServers(t);
  const proxy = await startFaultProxy(`127.0.0.1:${services[0]?.port}`);
  t.after(() => proxy.close());
  const balancer = new LeastConnectionsBalancer();
  const outcomes: string[] = [];
  const report = balancer.report.bind(balancer);
  balancer.report = (instance, outcome) => {
    outcomes.push(`${instance.id} ${outcome}`);
    report(instance, outcome);
  };
  const client = createClient(t, { userId: "ann", services: [createInstance("a", { port: proxy.port })], balancer });
  await connect(client);
  client.setServices([createInstance("a", { port: proxy.port }), ...services.slice(1)]);
  const next = new Promise<string>((resolve) => client.once("connect", ({ instance }) => resolve(instance?.id ?? "")));
  proxy.refuse();
  proxy.cut();
  const id = await next;
  assert.notEqual(id, "a");
  await until(() => outcomes.length === 3);
  assert.deepEqual(outcomes.toSorted(), ["a closed", "a opened", `${id} opened`]);
});

test("an empty set is an error that names the service", async (t) => {
  const clock = new ManualClock();
  const client = createClient(t, {
    userId: "ann",
    serviceName: "chat",
    services: [],
    balancer: new ConsistentHashBalancer(),
    connectTimeoutMs: 50,
    clock,
  });
  const failing = assert.rejects(client.connect(), hasCode("unavailable", "no instance of chat"));
  await clock.advance(50);
  await failing;
});
