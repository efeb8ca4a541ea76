import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { test } from "node:test";
import { LocalServer } from "./local-server.ts";
import { skipWithout } from "./skip-without.ts";
import { etcdPlan } from "./start-etcd.ts";

test(
  "a port that somebody takes before the server does makes it start on other ports",
  await skipWithout("etcd"),
  async () => {
    const plan = etcdPlan();
    const thieves: Server[] = [];
    const addresses: string[] = [];
    await using server = await LocalServer.start({
      ...plan,
      args(ports, data) {
        addresses.push(`127.0.0.1:${ports[0]}`);
        if (thieves.length < 2) thieves.push(createServer().listen(ports[1], "127.0.0.1"));
        return plan.args(ports, data);
      },
    });
    for (const thief of thieves) thief.close();
    assert.equal(addresses.length, 3);
    assert.equal(server.address, addresses[2]);
  },
);
