import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "@im-sdk/contracts";
import type { ServerStorage } from "@im-sdk/server";
import { skipWithout, startNatsCluster } from "@im-sdk/test-servers";
import { connect } from "@nats-io/transport-node";
import { CreationLock } from "./creation-lock.ts";
import { NatsLink } from "./nats-link.ts";
import { natsStorage } from "./nats-storage.ts";
import { deleteStream } from "./test-kit/delete-stream.ts";
import { natsClusterRooms } from "./test-kit/nats-cluster-rooms.ts";
import { idsOf, logOptions, messageOf } from "./test-kit/room.ts";
import { untilTaken } from "./test-kit/until-taken.ts";

const patient = { timeout: 120_000 };

describe("on a cluster of NATS", { ...(await skipWithout("nats-server")), concurrency: true }, () => {
  test("servers that begin at the same moment, with nothing there, all begin", patient, async () => {
    await using cluster = await startNatsCluster();
    for (const replicas of [1, 3]) {
      const options = { prefix: `copies${replicas}`, replicas };
      const starting = cluster.servers.map(({ address }) => natsStorage({ servers: address, ...options }));
      const storages: ServerStorage[] = await Promise.all(starting);
      await Promise.all(storages.map((storage) => storage.close()));
    }
  });

  for (const replicas of [1, 3]) {
    const copies = replicas === 1 ? "one copy" : `${replicas} copies`;
    test(`a room with ${copies} that servers open at the same moment is made once`, patient, async (t) => {
      const { storages } = await natsClusterRooms(t, { replicas });
      const said: unknown[] = [];
      const tell = (message: string, fields?: object) => said.push({ message, ...fields });
      const options = logOptions();
      const logger = { ...options.logger, error: tell, warn: tell };
      for (let round = 0; round < 20; round += 1) {
        const logs = storages.map((storage) => storage.openLog(`room${round}`, { ...options, logger }));
        const appended = await Promise.all(logs.map((log, index) => log.append(messageOf(`${index}`), `${index}`)));
        assert.equal(new Set(appended.map(({ epoch }) => epoch)).size, 1);
        for (const log of logs) assert.deepEqual((await idsOf(log)).toSorted(), ["0", "1", "2"]);
      }
      assert.deepEqual(said, []);
    });
  }

  test(
    "a stream is made by one server at a time, also after one has died while it did, or the bucket is lost",
    patient,
    async () => {
      await using cluster = await startNatsCluster();
      const [{ address: servers } = assert.fail()] = cluster.servers;
      const link = await NatsLink.open(await connect({ servers }));
      const lock = () => new CreationLock({ link, clock: systemClock, bucket: "im_locks", replicas: 3 });
      const [one, other] = [lock(), lock()];
      for (const each of [one, other]) await untilTaken(() => each.prepare());
      const taken = async (by: CreationLock, stream: string) => {
        for (;;) {
          const giveBack = await untilTaken(() => by.take(stream));
          if (giveBack !== undefined) return giveBack;
        }
      };
      const giveBack = await taken(one, "room");
      assert.equal(await other.take("room"), undefined);
      assert.notEqual(await other.take("another"), undefined);
      await giveBack();
      assert.notEqual(await other.take("room"), undefined);
      await taken(one, "room");
      await assert.rejects(giveBack(), /wrong last sequence/);
      await deleteStream(link.connection, "KV_im_locks");
      await taken(one, "room");
      await link.close();
    },
  );

  test("rooms go on in another epoch when all of it has lost its data", patient, async (t) => {
    const { nats, logs } = await natsClusterRooms(t, { appendTimeoutMs: 100_000 });
    const [log = assert.fail()] = logs;
    const old = await untilTaken(() => log.append(messageOf("old"), "old"));
    await Promise.all(nats.map((server) => server.kill()));
    await Promise.all(nats.map((server) => server.start({ keepData: false })));
    const again = await untilTaken(() => log.append(messageOf("new"), "new"));
    assert.notEqual(again.epoch, old.epoch);
    for (const each of logs) assert.deepEqual(await untilTaken(() => idsOf(each)), ["new"]);
  });
});
