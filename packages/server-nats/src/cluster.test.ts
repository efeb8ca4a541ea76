import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  ConsistentHashBalancer,
  LeastConnectionsBalancer,
  RandomBalancer,
  RoundRobinBalancer,
  WeightedRoundRobinBalancer,
  withOutlierEjection,
} from "@im-sdk/balancers";
import { type RunningServer, ServerProcess, skipWithout, startNats } from "@im-sdk/test-servers";
import { ClusterUser } from "./test-kit/cluster-user.ts";

const balancers = {
  "round-robin": () => new RoundRobinBalancer(),
  random: () => new RandomBalancer(),
  weighted: () => new WeightedRoundRobinBalancer(),
  "consistent-hash": () => new ConsistentHashBalancer(),
  "least-connections": () => new LeastConnectionsBalancer(),
  ejecting: () => withOutlierEjection(new RoundRobinBalancer()),
};

/** Stands still for a time that is long for all that waits for it. */
async function freeze(server: RunningServer, ms: number): Promise<void> {
  server.pause();
  await delay(ms);
  server.resume();
}

const kill = async (server: ServerProcess | undefined) => server?.kill();
const start = async (server: ServerProcess | undefined) => server?.start();

const serverScript = fileURLToPath(new URL("test-kit/cluster-server.ts", import.meta.url));
const messageCount = 20_000;
const rooms = ["one", "two"];

test("three servers on one NATS, killed and started, and NATS too: nothing acknowledged is lost, twice or out of order", {
  ...(await skipWithout("nats-server")),
  timeout: 300_000,
}, async (t) => {
  await using nats = await startNats();
  const servers = [0, 1, 2].map(() => new ServerProcess(serverScript, nats.address));
  await using stack = new AsyncDisposableStack();
  for (const server of servers) {
    stack.use(server);
    await server.start();
  }
  const services = servers.map(({ address }) => address);
  const users = Object.entries(balancers).map(([name, create], index) =>
    stack.use(new ClusterUser(name, rooms[index % rooms.length] ?? "", { services, balancer: create() })),
  );
  await Promise.all(users.map(({ client }) => client.connect()));
  // Who is connected may not be in the room yet, and has not missed what was said before.
  await Promise.all(users.map(({ client, roomId }) => client.joinRoom(roomId)));

  /** What happens to the cluster while they talk. */
  const [a, b, c] = servers;
  const faults: Record<string, () => Promise<unknown>> = {
    "the first server is killed": () => kill(a),
    "it is started": () => start(a),
    "NATS is killed and started with its data": () => nats.kill().then(() => nats.start({ keepData: true })),
    "the second and the third server are killed": () => Promise.all([kill(b), kill(c)]),
    "both are started": () => Promise.all([start(b), start(c)]),
    "NATS stands still for ten seconds": () => freeze(nats, 10_000),
    "NATS and a server are killed together, and NATS is started with its data": async () => {
      await Promise.all([nats.kill(), kill(c)]);
      await nats.start({ keepData: true });
    },
    "the server is started": () => start(c),
    "the first server is killed again": () => kill(a),
  };
  let acknowledged = 0;
  let isOver = false;
  const progress = new EventEmitter();
  const talking = Promise.all(
    users.map((user) =>
      user.say(
        () => !isOver || acknowledged < messageCount,
        () => progress.emit("acknowledged", ++acknowledged),
      ),
    ),
  );
  for (const [what, inflict] of Object.entries(faults)) {
    const before = acknowledged;
    while (acknowledged < before + 500) await once(progress, "acknowledged");
    t.diagnostic(`${what}, after ${acknowledged} messages`);
    await inflict();
  }
  isOver = true;
  await talking;
  t.diagnostic(`${acknowledged} messages in all`);

  for (const roomId of rooms) {
    const members = users.filter((user) => user.roomId === roomId);
    const receipts = members.flatMap((user) => user.receipts);
    for (const { delivery } of receipts) assert.equal(delivery, "acknowledged");
    const stored = receipts.toSorted((x, y) => Number((x.sequence ?? 0n) - (y.sequence ?? 0n)));
    const expected = stored.map(({ messageId, sequence, epoch }) => ({ id: messageId, sequence, epoch }));
    assert.equal(new Set(expected.map(({ sequence }) => sequence)).size, expected.length, "no two have one position");
    assert.equal(new Set(expected.map(({ epoch }) => epoch)).size, 1, "the log was never begun anew");
    for (const member of members) {
      await member.hasHeard(expected.length);
      assert.deepEqual(member.gaps, []);
      assert.deepEqual(member.heard, expected);
    }
  }
});
