import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import type { AudioInfo, AudioStore } from "@im-sdk/server";
import { type RunningServer, skipWithout, startNats } from "@im-sdk/test-servers";
import { jetstreamManager } from "@nats-io/jetstream";
import { Objm } from "@nats-io/obj";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { NatsLink } from "../nats-link.ts";
import { reconnected } from "../test-kit/reconnected.ts";
import { createNatsAudioStore } from "./nats-audio-store.ts";
import type { NatsAudioStoreOptions } from "./nats-audio-store-options.ts";

const real = await skipWithout("nats-server");
const mib = 1024 * 1024;
const info: AudioInfo = { audioId: "one", userId: "张三", roomId: "", format: "opus", durationSeconds: 1.5 };

async function openStore(
  nats: RunningServer,
  options: NatsAudioStoreOptions = {},
): Promise<{ store: AudioStore; connection: NatsConnection } & AsyncDisposable> {
  const connection = await connect({ servers: nats.address, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const store = await createNatsAudioStore(await NatsLink.open(connection), options);
  return { store, connection, [Symbol.asyncDispose]: () => connection.close() };
}

async function save(store: AudioStore, audio: AudioInfo, bytes: Uint8Array, pieceBytes = 32 * 1024): Promise<void> {
  const writer = await store.create(audio);
  for (let at = 0; at < bytes.length; at += pieceBytes) await writer.write(bytes.subarray(at, at + pieceBytes));
  await writer.commit();
}

async function bytesOf(store: AudioStore, audioId: string): Promise<Buffer> {
  const audio = await store.open(audioId);
  assert.ok(audio);
  const chunks: Uint8Array[] = [];
  for await (const chunk of audio.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function messagesIn(connection: NatsConnection, bucket = "im_audio"): Promise<number> {
  const manager = await jetstreamManager(connection);
  return (await manager.streams.info(`OBJ_${bucket}`)).state.messages;
}

test(
  "a recording of many MiB that came through one server is read through another, with what is known of it",
  real,
  async () => {
    await using nats = await startNats();
    await using one = await openStore(nats);
    await using other = await openStore(nats);
    const bytes = randomBytes(5 * mib + 7);
    for (const [audioId, pieceBytes] of [["one", 32 * 1024] as const, ["two", 700_001] as const]) {
      await save(one.store, { ...info, audioId }, bytes, pieceBytes);
      const audio = await other.store.open(audioId);
      assert.deepEqual(audio?.info, { ...info, audioId });
      assert.equal(audio?.size, bytes.length);
      for (let time = 0; time < 2; time += 1) assert.ok((await bytesOf(other.store, audioId)).equals(bytes));
    }
  },
);

test("what is stored is an object like any other of NATS", real, async () => {
  await using nats = await startNats();
  await using one = await openStore(nats);
  const bytes = randomBytes(300_000);
  await save(one.store, info, bytes);
  const objects = await new Objm(one.connection).open("im_audio");
  assert.ok(Buffer.from((await objects.getBlob("one")) ?? []).equals(bytes));
});

test("a recording is not there before it is whole, and nothing is kept of one that is given up", real, async () => {
  await using nats = await startNats();
  await using one = await openStore(nats);
  const writer = await one.store.create(info);
  await writer.write(randomBytes(mib));
  assert.equal(await one.store.open("one"), undefined);
  await writer.abort();
  assert.equal(await messagesIn(one.connection), 0);
});

test("no id that is not there is found, whatever it looks like", real, async () => {
  await using nats = await startNats();
  await using one = await openStore(nats);
  for (const id of ["", "x", "*", ">", "a.b", "a b\r\n", "../x", "x".repeat(100_000), "\ud800"]) {
    assert.equal(await one.store.open(id), undefined);
  }
});

test("past the bound an upload is refused with a reason, and what was there stays", real, async () => {
  await using nats = await startNats();
  await using one = await openStore(nats, { maxTotalBytes: 2 * mib });
  const bytes = randomBytes(mib);
  await save(one.store, info, bytes);
  const writer = await one.store.create({ ...info, audioId: "two" });
  const isFull = (error: unknown) => error instanceof ConnectError && error.code === Code.ResourceExhausted;
  await assert.rejects(async () => {
    for (let time = 0; time < 20; time += 1) await writer.write(bytes);
    await writer.commit();
  }, isFull);
  await writer.abort();
  assert.ok((await bytesOf(one.store, "one")).equals(bytes));
  assert.equal(await one.store.open("two"), undefined);
});

test("an age is told to NATS", real, async () => {
  await using nats = await startNats();
  await using one = await openStore(nats, { maxAgeMs: 60_000 });
  const manager = await jetstreamManager(one.connection);
  assert.equal((await manager.streams.info("OBJ_im_audio")).config.max_age, 60_000_000_000);
});

test(
  "an upload during which NATS dies fails, a later one succeeds, with the data of NATS and without",
  real,
  async () => {
    await using nats = await startNats();
    await using one = await openStore(nats, { requestTimeoutMs: 1_000 });
    const bytes = randomBytes(mib);
    for (const keepData of [true, false]) {
      const before = { ...info, audioId: `before ${keepData}` };
      await save(one.store, before, bytes);
      const writer = await one.store.create(info);
      await writer.write(bytes);
      const isBack = reconnected(one.connection);
      await nats.kill();
      await assert.rejects(async () => {
        await writer.write(bytes);
        await writer.commit();
      });
      await assert.rejects(async () => writer.abort());
      await nats.start({ keepData });
      await isBack;
      await save(one.store, { ...info, audioId: "after" }, bytes);
      assert.ok((await bytesOf(one.store, "after")).equals(bytes));
      assert.equal((await one.store.open(before.audioId)) !== undefined, keepData);
      assert.equal(await one.store.open("one"), undefined);
      // Eight chunks and the facts of each: nothing is left of what was given up while NATS was away.
      assert.equal(await messagesIn(one.connection), keepData ? 18 : 9);
    }
  },
);

test("a wrong option is refused with its name, its value and what is allowed", async () => {
  const wrong: [NatsAudioStoreOptions, RegExp][] = [
    [{ bucket: "a.b" }, /bucket is "a\.b": want letters/],
    [{ maxAgeMs: 1 }, /maxAgeMs is 1: want a whole number from 1000/],
    [{ maxTotalBytes: 0 }, /maxTotalBytes is 0/],
    [{ replicas: 7 }, /replicas is 7: want a whole number from 1 to 5/],
    [{ requestTimeoutMs: 0 }, /requestTimeoutMs is 0/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(createNatsAudioStore(undefined as unknown as NatsLink, options), message);
  }
});
