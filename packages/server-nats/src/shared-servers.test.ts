import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { HealthStatus, IMService } from "@im-sdk/gen";
import { startImServer } from "@im-sdk/server";
import { type RunningServer, skipWithout, startNats } from "@im-sdk/test-servers";
import { natsStorage } from "./nats-storage.ts";

const real = await skipWithout("nats-server");

/** A server on NATS, with a client. */
async function serverOn(nats: RunningServer) {
  const storage = await natsStorage({ servers: nats.address });
  const server = await startImServer({ storage, rooms: { small: { maxUsers: 2 } } });
  const sessionManager = new Http2SessionManager(server.url);
  const im = createClient(IMService, createGrpcTransport({ baseUrl: server.url, sessionManager }));
  return {
    storage,
    server,
    im,
    async [Symbol.asyncDispose]() {
      sessionManager.abort();
      await server.close();
    },
  };
}

test(
  "two servers let as many into a room as it takes, list the same users, and have the same recordings",
  real,
  async () => {
    await using nats = await startNats();
    await using one = await serverOn(nats);
    await using other = await serverOn(nats);
    const join = (im: typeof one.im, userId: string) => im.joinRoom({ roomId: "small", userId });
    await join(one.im, "ann");
    assert.deepEqual((await join(other.im, "bob")).onlineUsers, ["ann", "bob"]);
    await assert.rejects(join(one.im, "cid"), /room "small" is full: it takes 2 users/);
    const { users, roomInfo } = await one.im.getRoomInfo({ roomId: "small", userId: "x" });
    assert.deepEqual([users.map(({ userId }) => userId), roomInfo?.userCount], [["ann", "bob"], 2]);

    async function* upload() {
      yield { data: { case: "metadata", value: { userId: "ann", roomId: "small", format: "opus" } } } as const;
      yield { data: { case: "chunk", value: Buffer.from("sound") } } as const;
    }
    const { audioId } = await one.im.uploadAudio(upload());
    const audio = await other.storage.audioStore?.open(audioId);
    assert.equal(audio?.size, 5);
  },
);

test("a server says NOT_SERVING while NATS is away, and SERVING when it is back", real, async () => {
  await using nats = await startNats();
  await using one = await serverOn(nats);
  const changes: boolean[] = [];
  const away = Promise.withResolvers<void>();
  const back = Promise.withResolvers<void>();
  one.storage.watchAvailability?.((isAvailable) => {
    changes.push(isAvailable);
    (isAvailable ? back : away).resolve();
  });
  assert.equal((await one.im.healthCheck({})).status, HealthStatus.SERVING);
  await nats.kill();
  await away.promise;
  const { status, message } = await one.im.healthCheck({});
  assert.deepEqual([status, message], [HealthStatus.NOT_SERVING, "the storage is away"]);
  await nats.start({ keepData: true });
  await back.promise;
  assert.equal((await one.im.healthCheck({})).status, HealthStatus.SERVING);
  assert.deepEqual(changes, [false, true]);
});

test("a wrong option of presence or audio is refused with its name, its value and what is allowed", async () => {
  await assert.rejects(natsStorage({ presence: { leaseMs: 1 } }), /leaseMs is 1: want a whole number from 300/);
  await assert.rejects(natsStorage({ audio: { maxAgeMs: 1 } }), /maxAgeMs is 1: want a whole number from 1000/);
  const wrong = { presence: { leaseMS: 1 } } as object;
  await assert.rejects(natsStorage(wrong), /presence: leaseMS is 1, but there is no such option: want one of bucket/);
});
