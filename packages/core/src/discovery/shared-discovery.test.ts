import assert from "node:assert/strict";
import { test } from "node:test";
import { RegistryError } from "@im-sdk/contracts";
import { startImServer } from "@im-sdk/server";
import { createInstance, ManualDiscovery, testServiceDiscovery } from "@im-sdk/testing";
import { ImClient } from "../im-client.ts";
import { settle, until } from "../test-kit/until.ts";
import { SharedDiscovery } from "./shared-discovery.ts";

testServiceDiscovery({
  name: "a share of a discovery",
  create: ({ instances }) => {
    const manual = new ManualDiscovery(instances);
    const shared = new SharedDiscovery(manual);
    let current = instances;
    return {
      discovery: shared.share(),
      publish(next) {
        current = next;
        manual.push(next);
      },
      outage: { begin: () => manual.fail(new Error("registry away")), end: () => manual.push(current) },
      dispose: () => shared.close(),
    };
  },
});

const [a, b] = [createInstance("a"), createInstance("b")];
const away = new RegistryError("unavailable", "Consul at localhost:8500", "connection refused");

test("however many watch a service, the registry is asked by one, from the first of them to the last", async () => {
  const manual = new ManualDiscovery([a]);
  await using shared = new SharedDiscovery(manual);
  const shares = Array.from({ length: 100 }, () => shared.share());
  const watches = shares.map((share) => share.watch("im-service")[Symbol.asyncIterator]());
  for (const watch of watches) assert.deepEqual((await watch.next()).value, [a]);
  assert.equal(manual.watches, 1);
  void shared.share().watch("another");
  assert.equal(manual.watches, 2);
  await Promise.all(shares.slice(1).map((share) => share.close()));
  manual.push([a, b]);
  assert.deepEqual((await watches[0]?.next())?.value, [a, b]);
  assert.equal((await watches[1]?.next())?.done, true);
  await shares[0]?.close();
  await settle();
  assert.equal(manual.watches, 1, "the other service");
  assert.deepEqual((await shared.share().watch("im-service")[Symbol.asyncIterator]().next()).value, [a, b]);
});

test("who joins during an outage gets the last list, and hears of the next failed try", async () => {
  const manual = new ManualDiscovery([a]);
  await using shared = new SharedDiscovery(manual);
  await shared.share().watch("im-service")[Symbol.asyncIterator]().next();
  manual.fail(away);
  const heard: Error[] = [];
  const late = shared.share().watch("im-service", { onError: (error) => heard.push(error) });
  assert.deepEqual((await late[Symbol.asyncIterator]().next()).value, [a]);
  assert.deepEqual(heard, []);
  manual.fail(away);
  assert.deepEqual(heard, [away]);
});

test("who joins before there is a list hears why there is none", async () => {
  const manual = new ManualDiscovery([a]);
  manual.fail(away);
  await using shared = new SharedDiscovery(manual);
  const heard: Error[] = [];
  for (let member = 0; member < 2; member++) {
    shared.share().watch("im-service", { onError: (error) => heard.push(error) });
  }
  assert.deepEqual(heard, [away, away]);
});

test("a refusal reaches everybody, and who asks later asks anew", async () => {
  const manual = new ManualDiscovery([a]);
  let asked = 0;
  const refused = new RegistryError("permission_denied", "Consul at localhost:8500", "check the token");
  // biome-ignore lint/correctness/useYield: the watch refuses before it has anything to give
  manual.watch = async function* () {
    asked++;
    throw refused;
  } as typeof manual.watch;
  await using shared = new SharedDiscovery(manual);
  const watches = [1, 2].map(() => shared.share().watch("im-service")[Symbol.asyncIterator]());
  for (const watch of watches) await assert.rejects(watch.next(), refused);
  await assert.rejects(shared.share().watch("im-service")[Symbol.asyncIterator]().next(), refused);
  assert.equal(asked, 2);
});

test("a client that disconnects leaves the discovery to the others", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const manual = new ManualDiscovery([createInstance("a", { port: server.port })]);
  await using shared = new SharedDiscovery(manual);
  const clients = ["ann", "bob"].map((userId) => new ImClient({ userId, discovery: shared.share() }));
  await Promise.all(clients.map((client) => client.connect()));
  assert.equal(manual.watches, 1);
  await clients[0]?.disconnect();
  manual.push([createInstance("a", { port: server.port }), b]);
  await until(() => clients[1]?.instances.list.length === 2);
  await clients[1]?.disconnect();
  await until(() => manual.watches === 0);
});
