// The client with real registries, real servers and their outages. What a client makes of a list is in im-client-discovery.test.ts.
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { ServiceDiscovery, ServiceRegistry } from "@im-sdk/contracts";
import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { type ImServer, startImServer } from "@im-sdk/server";
import { type RunningServer, skipWithout, startConsul, startEtcd } from "@im-sdk/test-servers";
import { ManualClock } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { Recorder } from "./test-kit/recorder.ts";

type Registry = ServiceDiscovery & ServiceRegistry;

const registries: { name: "consul" | "etcd"; start(): Promise<RunningServer>; connect(address: string): Registry }[] = [
  {
    name: "consul",
    start: () => startConsul(),
    connect: (address) => new ConsulDiscovery({ address, check: { kind: "grpc", intervalMs: 1_000 } }),
  },
  {
    name: "etcd",
    start: () => startEtcd(),
    connect: (address) => new EtcdDiscovery({ endpoints: [address], leaseTtlSeconds: 3 }),
  },
];

for (const { name, start, connect } of registries) {
  describe(name, await skipWithout(name), () => {
    /** Servers in a registry, and a way to make clients that look there. */
    async function setup(t: TestContext, ids: string[]) {
      // The last made ends first: a registry that is gone before its servers would be tried for seconds.
      const made = new AsyncDisposableStack();
      t.after(() => made.disposeAsync());
      const running = made.use(await start());
      const registry = made.use(connect(running.address));
      const servers = new Map<string, ImServer>();
      const serve = async (id: string) => {
        servers.set(id, made.use(await startImServer({ registry, instance: { id } })));
      };
      await Promise.all(ids.map(serve));
      const record = (options: Partial<ImClientOptions> = {}) => {
        const client = new ImClient({
          userId: "ann",
          defaultRoomId: "lobby",
          discovery: connect(running.address),
          retryIntervalMs: 20,
          maxRetries: Number.POSITIVE_INFINITY,
          ...options,
        });
        made.defer(() => client.disconnect({ timeoutMs: 1 }));
        return Object.assign(new Recorder(client), { client });
      };
      return { made, running, registry, servers, serve, record };
    }

    const idsOf = ({ client }: { client: ImClient }) => client.instances.list.map(({ id }) => id);

    test("through a registry that is killed and comes back empty, the connection and the conversation go on", async (t) => {
      const { running, registry, record } = await setup(t, ["a", "b"]);
      const ann = record();
      await ann.client.connect();
      await ann.until((recorder) => idsOf(recorder).length === 2);

      await running.kill();
      await ann.until(({ client }) => client.instances.isStale);
      assert.equal((await ann.client.sendTextMessage("lobby", "during")).delivery, "acknowledged");
      assert.equal(idsOf(ann).length, 2, "the last list stays");

      await running.start({ keepData: false });
      await ann.until((recorder) => !recorder.client.instances.isStale && idsOf(recorder).length === 2);
      assert.equal((await ann.client.sendTextMessage("lobby", "after")).delivery, "acknowledged");
      assert.deepEqual(ann.client.instances.list, await registry.discover("im-service"));
      assert.deepEqual([ann.of("disconnect"), ann.servedBy.length], [[], 1]);
    });

    test("while the registry is away, a client whose server leaves goes to another by the last list", async (t) => {
      const { running, servers, record } = await setup(t, ["a", "b"]);
      const ann = record();
      await ann.client.connect();
      await ann.until((recorder) => idsOf(recorder).length === 2);
      await running.kill();
      await ann.until(({ client }) => client.instances.isStale);
      const leaving = servers.get(ann.servedBy[0] ?? "")?.close();
      await ann.until(({ servedBy }) => servedBy.length === 2);
      assert.deepEqual(ann.servedBy.toSorted(), ["a", "b"]);
      await running.start({ keepData: true });
      await leaving;
    });

    test("a server that drains is left for another before it is gone, and one that is added is found", async (t) => {
      const { servers, serve, record } = await setup(t, ["a"]);
      const ann = record();
      await ann.client.connect();
      await serve("b");
      await ann.until((recorder) => idsOf(recorder).includes("b"));
      await servers.get("a")?.drain();
      await ann.until(({ servedBy }) => servedBy.length === 2);
      await ann.until((recorder) => idsOf(recorder).join() === "b");
      assert.deepEqual([ann.servedBy, ann.of("disconnect")], [["a", "b"], []]);
    });

    test("an instance that is deregistered while it serves is left for another", async (t) => {
      const { made, registry, record } = await setup(t, ["a"]);
      const ann = record({ leaveAfterMs: 1 });
      await ann.client.connect();
      const b = made.use(await startImServer());
      const at = { address: "127.0.0.1", port: b.port, tags: [], metadata: {} };
      await registry.register({ id: "b", name: "im-service", ...at, health: "healthy" });
      await registry.deregister("a");
      await ann.until(({ servedBy }) => servedBy.length === 2);
      assert.deepEqual([ann.servedBy, ann.of("disconnect")], [["a", "b"], []]);
    });

    test("a registry that is absent at the start is waited for", async (t) => {
      const { running, record, serve } = await setup(t, []);
      await running.kill();
      const clock = new ManualClock();
      const discovery = connect(running.address);
      const hasFailed = Promise.withResolvers<void>();
      const watch = discovery.watch.bind(discovery);
      discovery.watch = (serviceName, options) =>
        watch(serviceName, {
          ...options,
          onError(error) {
            options?.onError?.(error);
            hasFailed.resolve();
          },
        });
      const away = record({ discovery, clock, connectTimeoutMs: 2_000 });
      const connecting = assert.rejects(
        away.client.connect(),
        hasCode("unavailable", "im-service", `${name === "consul" ? "Consul" : "etcd"} at ${running.address}`),
      );
      await hasFailed.promise;
      await clock.advance(2_000);
      await connecting;
      await running.start({ keepData: true });
      await serve("late");
      // The watch of the first try has gone on.
      await away.until((recorder) => idsOf(recorder).includes("late"));
      assert.equal(away.client.state, "idle");
    });
  });
}

test("a wrong token or password is a clear end of connect()", await skipWithout("consul", "etcd"), async (t) => {
  const consul = await startConsul({ aclToken: "c4a5d7a2-8f3a-4f1d-9a58-0f4a4e8b0f11" });
  t.after(() => consul.stop());
  const etcd = await startEtcd({ rootPassword: "right" });
  t.after(() => etcd.stop());
  const wrong: [ServiceDiscovery, string[]][] = [
    [
      new ConsulDiscovery({ address: consul.address, token: "11111111-8f3a-4f1d-9a58-0f4a4e8b0f11" }),
      ["permission_denied", "Consul at", "token"],
    ],
    [
      new EtcdDiscovery({ endpoints: [etcd.address], auth: { username: "root", password: "wrong" } }),
      ["unauthenticated", "etcd at", "auth"],
    ],
  ];
  for (const [discovery, [code = "", ...words]] of wrong) {
    const client = new ImClient({ userId: "ann", discovery, connectTimeoutMs: 1_000_000 });
    await assert.rejects(client.connect(), hasCode(code as never, ...words));
    await client.disconnect();
  }
});
