import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Clock } from "@im-sdk/contracts";
import type { Member, RoomLog, ServerStorage } from "@im-sdk/server";
import { skipWithout, startNats, startNatsCluster } from "@im-sdk/test-servers";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { natsStorage } from "./nats-storage.ts";
import { appendOn, checkAppended } from "./test-kit/append-on.ts";
import { natsClusterRooms } from "./test-kit/nats-cluster-rooms.ts";
import { memberOf } from "./test-kit/presence-on.ts";
import { readRecording, saveRecording } from "./test-kit/recordings.ts";
import { idsOf, logOptions, messageOf, toldBy } from "./test-kit/room.ts";
import { untilTaken } from "./test-kit/until-taken.ts";

// Servers that have lost their leader elect another one after four to nine seconds, and after as many again when votes are split.
const patient = { timeout: 120_000 };

async function managed<T>(address: string, use: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: address });
  return use(await jetstreamManager(connection)).finally(() => connection.close());
}

/** The number of copies of each kind of stream. */
async function copiesOn(address: string): Promise<Record<string, number>> {
  const copies: Record<string, number> = {};
  await managed(address, async ({ streams }) => {
    for await (const { config } of streams.list()) {
      copies[config.name.replace(/^im_room_.*/, "im_room")] = config.num_replicas;
    }
  });
  return copies;
}

describe("three copies", { ...(await skipWithout("nats-server")), concurrency: true }, () => {
  test(
    "what was acknowledged is there once, in the order that was told, after each NATS was killed",
    patient,
    async (t) => {
      const { nats, logs } = await natsClusterRooms(t, { appendTimeoutMs: 100_000 });
      const told = await Promise.all(logs.map(toldBy));
      const writers = logs.map((log, index) => appendOn(log, "abc"[index] ?? "", 5));
      const goOn = () => Promise.all(writers.map((each) => each.untilAcknowledged(each.acknowledged.length + 100)));
      try {
        await goOn();
        for (const server of nats) {
          await server.kill();
          await goOn();
          await untilTaken(() => logs[0]?.read({ after: 0n, limit: 1 }));
          for (const log of logs) assert.equal((await log.read({ after: 0n, limit: 10 })).length, 10);
          await server.start({ keepData: true });
          await goOn();
        }
      } finally {
        await Promise.all(writers.map((writer) => writer.stop()));
      }
      await checkAppended(logs[0] ?? assert.fail(), writers, told);
    },
  );

  test("without two of three NATS nothing is acknowledged, and it goes on when they are back", patient, async (t) => {
    const { nats, logs } = await natsClusterRooms(t, { appendTimeoutMs: 2_000 });
    const [log = assert.fail(), other = assert.fail()] = logs;
    const told = await toldBy(other);
    const append = (id: string) => log.append(messageOf(id), id);
    await append("before");
    const gone = nats.slice(1);
    await Promise.all(gone.map((server) => server.kill()));
    const ids = Array.from({ length: 10 }, (_, index) => `${index}`);
    for (const attempt of await Promise.allSettled(ids.map(append))) assert.equal(attempt.status, "rejected");
    await Promise.all(gone.map((server) => server.start({ keepData: true })));
    for (const id of ids) await untilTaken(() => append(id));
    await told.until("9");
    const stored = await idsOf(log);
    assert.deepEqual(stored.toSorted(), ["before", ...ids].toSorted());
    assert.deepEqual(told.ids, stored);
  });

  test(
    "without one of three NATS users come and go, maxUsers holds, and recordings are kept and read",
    patient,
    async (t) => {
      const { nats, storages } = await natsClusterRooms(t, { presence: { joinTimeoutMs: 100_000 } });
      const [one = assert.fail(), other = assert.fail()] = storages;
      const changes: string[] = [];
      other.presence?.watch(({ type, member }) => changes.push(`${type} ${member.userId}`));
      const join = (storage: ServerStorage, userId: string) => storage.presence?.join("r", memberOf(userId), 3);
      const usersAre = async (...users: string[]) => {
        const isSo = ({ presence }: ServerStorage) => {
          const ids = ((presence ?? assert.fail()).list("r") as readonly Member[]).map(({ userId }) => userId);
          return ids.toSorted().join() === users.join();
        };
        while (!storages.every(isSo)) await new Promise(setImmediate);
      };
      await join(one, "ann");
      await join(other, "bob");
      const before = await saveRecording(one, "before");
      for (const [round, server] of nats.entries()) {
        await server.kill();
        assert.equal(await join(one, `guest${round}`), true);
        assert.equal(await join(other, "zoe"), false);
        await usersAre("ann", "bob", `guest${round}`);
        const bytes = await untilTaken(() => saveRecording(one, `${round}`));
        for (const storage of storages) {
          assert.ok(bytes.equals(await untilTaken(() => readRecording(storage, `${round}`))));
          assert.ok(before.equals(await untilTaken(() => readRecording(storage, "before"))));
        }
        await server.start({ keepData: true });
        await one.presence?.leave("r", `guest${round}`);
        await usersAre("ann", "bob");
      }
      const guests = nats.flatMap((_, round) => [`joined guest${round}`, `left guest${round}`]);
      assert.deepEqual(changes, ["joined ann", "joined bob", ...guests]);
    },
  );

  test(
    "a follower whose consumer was on a NATS that dies goes on at once, though its own lives",
    patient,
    async (t) => {
      const { nats, storages } = await natsClusterRooms(t, { appendTimeoutMs: 100_000 });
      const [storage = assert.fail(), ...others] = storages;
      const options = logOptions();
      // It never comes to the time at which silence is noticed.
      const clock: Clock = {
        ...options.clock,
        setTimeout: (call, ms) => options.clock.setTimeout(ms < 15_000 ? call : () => {}, ms),
      };
      const log = storage.openLog("r", { ...options, clock });
      const names = ["n0", "n1", "n2"];
      const hostOfConsumer = () =>
        managed(nats[0]?.address ?? "", async ({ streams, consumers }) => {
          for await (const stream of streams.names("im.room.>")) {
            for await (const { cluster } of consumers.list(stream)) return names.indexOf(cluster?.leader ?? "");
          }
          return -1;
        });
      let host = -1;
      while (host < 1) {
        const unfollow = log.follow(() => {});
        await log.head();
        host = await hostOfConsumer();
        if (host < 1) unfollow();
      }
      const told = await toldBy(log);
      await nats[host]?.kill();
      const other: RoomLog = (others[2 - host] ?? assert.fail()).openLog("r", options);
      await other.append(messageOf("after"), "after");
      await told.until("after");
      assert.deepEqual(told.ids, ["after"]);
    },
  );

  test("what has one copy gets three, and keeps them under a server that wants one", patient, async () => {
    await using cluster = await startNatsCluster();
    const [{ address: servers } = assert.fail()] = cluster.servers;
    for (const [round, replicas] of [1, 3, 1].entries()) {
      const storage = await natsStorage({ servers, replicas });
      const log = storage.openLog("r", logOptions());
      await log.append(messageOf(`${round}`), `${round}`);
      const copies = round === 0 ? 1 : 3;
      assert.deepEqual(await copiesOn(servers), {
        im_room: copies,
        KV_im_presence: copies,
        KV_im_locks: copies,
        OBJ_im_audio: copies,
      });
      if (round === 2) assert.deepEqual(await idsOf(log), ["0", "1", "2"]);
      await storage.close();
    }
  });

  test("more copies than there are servers are refused, and the error says what is wrong", patient, async () => {
    await using nats = await startNats();
    const single = /NATS at [\d.:]+ cannot keep 3 copies: it is a single server\. Want replicas 1, or a cluster of 3/;
    await assert.rejects(natsStorage({ servers: nats.address, replicas: 3 }), single);
    await (await natsStorage({ servers: nats.address })).close();
    await assert.rejects(natsStorage({ servers: nats.address, replicas: 3 }), single);
    await using cluster = await startNatsCluster();
    const few = /NATS at [\d.:]+ cannot keep 5 copies: its cluster has not as many servers/;
    await assert.rejects(natsStorage({ servers: cluster.servers[0]?.address ?? "", replicas: 5 }), few);
  });
});
