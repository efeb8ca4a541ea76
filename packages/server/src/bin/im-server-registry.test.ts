import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ServiceDiscovery, ServiceInstance } from "@im-sdk/contracts";
import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { skipWithout, startConsul, startEtcd } from "@im-sdk/test-servers";
import { openRegistry, type RegistryEnvironment, type RegistryFlags } from "./open-registry.ts";

const command = fileURLToPath(new URL("./im-server.ts", import.meta.url));

/** The command, up to the line that says where it listens. */
async function run(t: TestContext, flags: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [command, "--port", "0", ...flags], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  for await (const line of createInterface(child.stdout)) {
    const port = /^listening on \S+:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return { child, port: Number(port) };
  }
  throw new Error("it ended without listening");
}

/** The instances that a registry has once they are so many. */
async function listed(discovery: ServiceDiscovery, count: number): Promise<readonly ServiceInstance[]> {
  for await (const list of discovery.watch("chat")) if (list.length === count) return list;
  throw new Error("the watch ended");
}

async function comesAndGoes(
  t: TestContext,
  flags: string[],
  discovery: ServiceDiscovery,
  env?: Record<string, string>,
) {
  const { child, port } = await run(
    t,
    [...flags, "--service-name", "chat", "--instance-id", "im-1", "--weight", "5"],
    env,
  );
  const at = { address: "127.0.0.1", port };
  assert.deepEqual(await discovery.discover("chat"), [
    { id: "im-1", name: "chat", ...at, tags: [], metadata: { weight: "5" }, health: "healthy" },
  ]);
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
  assert.deepEqual(await listed(discovery, 0), []);
}

test("with --consul it is in Consul while it runs", await skipWithout("consul"), async (t) => {
  const token = "c4a5d7a2-8f3a-4f1d-9a58-0f4a4e8b0f11";
  await using consul = await startConsul({ aclToken: token });
  await using discovery = new ConsulDiscovery({ address: consul.address, token });
  await comesAndGoes(t, ["--consul", consul.address], discovery, { CONSUL_HTTP_TOKEN: token });
});

test("with --etcd it is in etcd while it runs", await skipWithout("etcd"), async (t) => {
  await using etcd = await startEtcd({ rootPassword: "a:b" });
  await using discovery = new EtcdDiscovery({
    endpoints: [etcd.address],
    auth: { username: "root", password: "a:b" },
  });
  await comesAndGoes(t, ["--etcd", `127.0.0.1:1,${etcd.address}`], discovery, { ETCDCTL_USER: "root:a:b" });
});

test(
  "it serves while the registry is away, and is registered once that is there",
  await skipWithout("etcd"),
  async (t) => {
    await using etcd = await startEtcd();
    await etcd.kill();
    const { port } = await run(t, ["--etcd", etcd.address, "--service-name", "chat"]);
    await etcd.start({ keepData: true });
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address] });
    assert.deepEqual(
      (await listed(discovery, 1)).map(({ id }) => id),
      [`chat-127.0.0.1-${port}`],
    );
  },
);

test(
  "what the registry refuses for good ends it with one line that names the registry",
  await skipWithout("consul"),
  async () => {
    await using consul = await startConsul({ aclToken: "c4a5d7a2-8f3a-4f1d-9a58-0f4a4e8b0f11" });
    const child = spawn(process.execPath, [command, "--port", "0", "--consul", consul.address]);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^im-server: Consul at ${consul.address}: .*token.*\n$`));
  },
);

test("flags that make no sense are refused by name", async () => {
  const mistakes: [string[], number, RegExp][] = [
    [["--consul", "a:1", "--etcd", "b:2"], 2, /'--consul <address>' cannot be used with option '--etcd/],
    [["--consul", "nowhere"], 2, /--consul <address>.*'nowhere'.*Want host:port/],
    [["--etcd", "a:1,b"], 2, /--etcd <addresses>.*'a:1,b'.*Want host:port/],
    [["--instance-id", "x"], 2, /^error: --instance-id is for a registry: give --consul or --etcd too\n$/],
    [["--weight", "2"], 2, /^error: --weight is for a registry/],
    [["--consul", "a:1", "--advertise", "[::1]"], 1, /^im-server: address of an instance must be .* got "\[::1\]"\n$/],
  ];
  for (const [flags, expected, message] of mistakes) {
    const child = spawn(process.execPath, [command, "--port", "0", ...flags]);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.deepEqual([flags, code], [flags, expected]);
    assert.match(stderr, message);
  }
});

test("what the environment brings is refused by name, and no secret is in the error", async () => {
  const open = (flags: RegistryFlags, environment: RegistryEnvironment) => openRegistry(flags, environment, undefined);
  await assert.rejects(open({ etcd: "b:2" }, { ETCDCTL_USER: "root" }), /ETCDCTL_USER must be user:password/);
  await assert.rejects(
    open({ etcd: "b:2" }, { ETCDCTL_CACERT: "/none.pem" }),
    /ETCDCTL_CACERT \/none\.pem cannot be read/,
  );
  await assert.rejects(open({ consul: "a:1" }, { CONSUL_CLIENT_KEY: "/none.pem" }), /CONSUL_CLIENT_KEY \/none\.pem/);
  await assert.rejects(open({ consul: "a:1" }, { CONSUL_HTTP_TOKEN: "se cret" }), (error: Error) => {
    return /^--consul and its environment: token must be/.test(error.message) && !error.message.includes("se cret");
  });
  assert.equal(await open({}, { CONSUL_HTTP_TOKEN: "t" }), undefined);
});
