import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { ServiceInstance, ServiceRegistry } from "@im-sdk/core";
import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { startImServer } from "@im-sdk/server";
import { skipWithout, startConsul, startEtcd } from "@im-sdk/test-servers";
import { RunningCommand, runCommand } from "../test-kit/running-command.ts";

function instance(id: string, port: number): ServiceInstance {
  const metadata = { weight: "3", zone: "b\x1b[2J" };
  return { id, name: "im-service", address: "127.0.0.1", port, tags: ["blue"], metadata, health: "healthy" };
}

const registries = [
  {
    name: "consul" as const,
    start: startConsul,
    open: (address: string) => new ConsulDiscovery({ address, check: { kind: "ttl" } }),
  },
  { name: "etcd" as const, start: startEtcd, open: (address: string) => new EtcdDiscovery({ endpoints: [address] }) },
];

for (const { name, start, open } of registries) {
  test(
    `instances in ${name} are listed, watched, asked for their health, and used to send`,
    await skipWithout(name),
    async () => {
      await using running = await start();
      await using registry: ServiceRegistry & AsyncDisposable = open(running.address);
      const where = [`--${name}`, running.address];

      const none = await runCommand(["discover", ...where]);
      assert.deepEqual([none.code, none.stdout, none.stderr], [0, "no instance of im-service\n", ""]);
      assert.equal((await runCommand(["health", ...where])).code, 3);

      await using watching = new RunningCommand(["discover", "im-service", "--watch", "--json", ...where]);
      await watching.stdout.until(/"instances":\[\]\}\n/);
      await using server = await startImServer();
      await registry.register(instance("im-1", server.port));
      await watching.stdout.until(/"id":"im-1".*"health":"healthy".*\n/);

      const listed = await runCommand(["discover", ...where]);
      const [head, row] = listed.stdout.split("\n");
      assert.match(head ?? "", /^ID +ADDRESS +HEALTH +WEIGHT +TAGS AND METADATA$/);
      assert.equal(row?.replaceAll(/ +/g, " "), `im-1 127.0.0.1:${server.port} healthy 3 blue zone=b\\x1b[2J`);
      const { stdout } = await runCommand(["discover", "--json"], {
        env: { [`IM_${name.toUpperCase()}`]: running.address },
      });
      assert.deepEqual(JSON.parse(stdout).metadata, instance("im-1", 1).metadata);

      assert.equal((await runCommand(["health", ...where])).code, 0);
      const sent = await runCommand(["send", "lobby", "found", ...where]);
      assert.match(sent.stdout, /^acknowledged /);

      watching.process.kill("SIGINT");
      assert.equal((await watching.outcome()).code, 130);
    },
  );

  test(`a ${name} that is not there is named, with the flag to check, and exit code 3`, async () => {
    for (const command of [["discover"], ["health"]]) {
      const { code, stdout, stderr } = await runCommand([...command, `--${name}`, "127.0.0.1:1"]);
      assert.deepEqual([code, stdout], [3, ""]);
      assert.equal(stderr, `im: ${away[name]}\n`);
    }
  });
}

const away = {
  consul:
    'Consul at 127.0.0.1:1: did not list the instances of "im-service": ECONNREFUSED; does it run, and is --consul right?',
  etcd:
    "etcd at 127.0.0.1:1: is away (connect ECONNREFUSED 127.0.0.1:1); " +
    "does it run, and are --etcd and the variables for its TLS right?",
};

test(
  "a token that the registry does not know is told by its variable, also by who only looks for a server",
  await skipWithout("consul"),
  async () => {
    const aclToken = randomUUID();
    await using consul = await startConsul({ aclToken });
    const where = ["--consul", consul.address];
    for (const command of [["discover"], ["room", "lobby"], ["tail", "lobby"]]) {
      const { code, stderr } = await runCommand([...command, ...where], { env: { CONSUL_HTTP_TOKEN: randomUUID() } });
      assert.equal(code, 1);
      assert.match(stderr, /^im: Consul at .*; is CONSUL_HTTP_TOKEN right\?\n$/);
    }
    const allowed = await runCommand(["discover", ...where], { env: { CONSUL_HTTP_TOKEN: aclToken } });
    assert.deepEqual([allowed.code, allowed.stdout], [0, "no instance of im-service\n"]);
  },
);

test("a registry that fails again and again is told of once, until it fails otherwise or has been there", async () => {
  const answers = ["no leader", "no leader", "too busy", undefined, "too busy"];
  await using consul = createServer((_request, response) => {
    const failure = answers.shift();
    response.writeHead(failure === undefined ? 200 : 500, {
      "content-type": "application/json",
      "x-consul-index": "1",
    });
    response.end(failure ?? "[]");
  });
  await once(consul.listen(0, "127.0.0.1"), "listening");
  const address = `127.0.0.1:${(consul.address() as AddressInfo).port}`;
  await using watching = new RunningCommand(["discover", "--watch", "--consul", address]);
  await watching.stderr.until(/too busy.*\n.*too busy/);
  watching.process.kill("SIGINT");
  const { stderr } = await watching.outcome();
  const told = stderr.match(/no leader|too busy/g);
  assert.deepEqual(told, ["no leader", "too busy", "too busy"]);
});
