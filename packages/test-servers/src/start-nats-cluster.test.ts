import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { RunningServer } from "./running-server.ts";
import { skipWithout } from "./skip-without.ts";
import { startNatsCluster } from "./start-nats-cluster.ts";

// The servers may have to elect a leader, for nine seconds or more.
const patient = { ...(await skipWithout("nats-server")), timeout: 120_000 };

test("each NATS of a cluster can be killed, also while frozen, and started with its data", patient, async () => {
  await using cluster = await startNatsCluster();
  const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = cluster.servers;
  assert.deepEqual(await store(first, "a"), { count: 1, copies: ["n0", "n1", "n2"] });
  await second.kill();
  assert.equal((await store(first, "b")).count, 2);
  await second.start({ keepData: true });
  first.pause();
  await first.kill();
  assert.equal((await store(third, "c")).count, 3);
  await first.start({ keepData: true });
  assert.equal((await store(first, "d")).count, 4);
});

/** Stores a message in all copies of a stream, by this server; answers how many are stored, and who has them. */
async function store({ address }: RunningServer, msgID: string) {
  const config = { name: "greetings", subjects: ["greetings"], num_replicas: 3 };
  const connection = await connect({ servers: address });
  const { streams } = await jetstreamManager(connection, { checkAPI: false });
  try {
    for (;;) {
      try {
        const { cluster } = await streams.info(config.name).catch(() => streams.add(config));
        const { seq } = await jetstream(connection).publish("greetings", "hello", { msgID });
        const { leader = "", replicas = [] } = cluster ?? {};
        return { count: seq, copies: [leader, ...replicas.map(({ name }) => name)].sort() };
      } catch {
        await new Promise(setImmediate);
      }
    }
  } finally {
    await connection.close();
  }
}
