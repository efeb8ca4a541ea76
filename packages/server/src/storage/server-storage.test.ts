import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { MessageType, SystemContentSchema } from "@im-sdk/gen";
import { MemoryAudioStore } from "../audio/memory-audio-store.ts";
import { startImServer } from "../im-server.ts";
import { createImServiceRoutes } from "../im-service-routes.ts";
import { MemoryRoomLog } from "../log/memory-room-log.ts";
import type { RoomLogOptions } from "../log/room-log.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { MemoryPresence } from "../presence/memory-presence.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { LaterRoomLog } from "../test-kit/later-room-log.ts";
import { storageOn } from "../test-kit/storage-on.ts";
import { refusedWith, startTestServer } from "../test-kit/test-server.ts";
import type { TestStream } from "../test-kit/test-stream.ts";
import type { ServerStorage } from "./server-storage.ts";

const text = { userId: "a", type: MessageType.TEXT };

/** Logs that stay when a server closes them, and a note of all that is done to the storage. */
function keepingStorage() {
  const logs = new Map<string, MemoryRoomLog>();
  const done: string[] = [];
  const told: RoomLogOptions[] = [];
  const storage: ServerStorage = {
    openLog(roomId, options) {
      done.push(`open ${roomId}`);
      told.push(options);
      const log = logs.get(roomId) ?? new MemoryRoomLog(options);
      logs.set(roomId, log);
      return Object.assign(log, { close: () => done.push(`close ${roomId}`) });
    },
    hasLog: (roomId) => Promise.resolve(logs.has(roomId)),
    close: async () => void done.push("close"),
  };
  return { storage, done, told };
}

/** The next SYSTEM frame, by its event and room. */
async function nextEvent(stream: TestStream): Promise<string> {
  const { roomId, content } = await stream.next(MessageType.SYSTEM);
  return `${fromBinary(SystemContentSchema, content).eventType} ${roomId}`;
}

function errorsTo(errors: unknown[]): Logger {
  return { ...silentLogger, error: (message, fields) => void errors.push([message, String(fields?.error)]) };
}

test("a server opens the logs of its storage with what it was told, and closes it last, once", async () => {
  const { storage, done, told } = keepingStorage();
  await using kit = await startTestServer({
    storage,
    retention: { maxMessages: 7 },
    rooms: { r: { messageTtlSeconds: 3 } },
  });
  await kit.connect().im.sendMessage({ ...text, roomId: "r" });
  await kit.server.close();
  await kit.server.close();
  assert.deepEqual(done, ["open r", "close r", "close"]);
  assert.deepEqual([told[0]?.retention.maxMessages, told[0]?.retention.ttlMs], [7, 3000]);
});

test("a room of a storage is there after a restart, with its history, its count and its times", async () => {
  const { storage } = keepingStorage();
  const clock = new FakeClock();
  const before = await startTestServer({ storage, clock });
  const { im } = before.connect();
  for (let i = 0; i < 3; i += 1) await im.sendMessage({ ...text, roomId: "r" });
  const info = (await im.getRoomInfo({ roomId: "r" })).roomInfo;
  await before[Symbol.asyncDispose]();
  clock.advance(60_000);

  await using after = await startTestServer({ storage, clock });
  const connection = after.connect();
  assert.deepEqual((await connection.im.getRoomInfo({ roomId: "r" })).roomInfo, info);
  assert.equal(info?.messageCount, 3n);
  assert.equal((await connection.im.listMessages({ roomId: "r", userId: "a" })).messages.length, 3);
  await assert.rejects(connection.im.listMessages({ roomId: "x", userId: "a" }), refusedWith(Code.NotFound));
});

test("who joins a room that a storage has kept is not told to have made it", async () => {
  const { storage } = keepingStorage();
  const before = await startTestServer({ storage });
  await before.connect().im.sendMessage({ ...text, roomId: "kept" });
  await before[Symbol.asyncDispose]();
  await using after = await startTestServer({ storage });
  const stream = after.connect().open("alice");
  for (const roomId of ["kept", "new", "last"]) stream.send({ roomId, type: MessageType.JOIN_ROOM });
  assert.deepEqual([await nextEvent(stream), await nextEvent(stream)], ["room_created new", "room_created last"]);
});

for (const answers of ["at once", "later"]) {
  test(`who posts into a room that a storage has kept is not told to have made it, answers ${answers}`, async () => {
    const kept = keepingStorage().storage;
    const later: ServerStorage = { ...kept, openLog: (...args) => new LaterRoomLog(kept.openLog(...args)) };
    const storage = answers === "at once" ? kept : later;
    const before = await startTestServer({ storage });
    await before.connect().im.sendMessage({ ...text, roomId: "kept", messageId: "m" });
    await before[Symbol.asyncDispose]();
    await using after = await startTestServer({ storage });
    const stream = after.connect().open("a");
    // The first is the one that is there already, at position 1.
    for (const messageId of ["m", "n"]) stream.text("kept", "x", { messageId });
    for (const roomId of ["new", "last"]) {
      // Two: only the first of them makes the room.
      stream.text(roomId, "x", { messageId: "1" });
      stream.text(roomId, "x", { messageId: "2" });
    }
    assert.deepEqual([await nextEvent(stream), await nextEvent(stream)], ["room_created new", "room_created last"]);
  });
}

test("a post that fails has made no room, and is answered with its refusal alone", async () => {
  const append = () => Promise.reject(new Error("no space left on device"));
  const openLog: ServerStorage["openLog"] = (_roomId, options) => Object.assign(new MemoryRoomLog(options), { append });
  await using kit = await startTestServer({ storage: storageOn(openLog) });
  const stream = kit.connect().open("a");
  stream.text("r", "x", { messageId: "m", ackRequired: true });
  assert.equal((await stream.nextAck()).success, false);
  stream.send({ roomId: "other", type: MessageType.JOIN_ROOM });
  assert.equal(await nextEvent(stream), "room_created other");
  assert.equal(stream.received.filter(({ type }) => type === MessageType.SYSTEM).length, 1);
});

test("presence and recordings of a storage are used", async () => {
  const presence = new MemoryPresence();
  const audioStore = new MemoryAudioStore();
  await using kit = await startTestServer({ storage: { ...keepingStorage().storage, presence, audioStore } });
  const { im } = kit.connect();
  await im.joinRoom({ userId: "alice", roomId: "r" });
  assert.deepEqual(
    presence.list("r").map(({ userId }) => userId),
    ["alice"],
  );
  async function* upload() {
    yield { data: { case: "metadata" as const, value: { userId: "alice", roomId: "r", format: "ogg" } } };
    yield { data: { case: "chunk" as const, value: new Uint8Array(3) } };
  }
  const { audioId } = await im.uploadAudio(upload());
  assert.equal(audioStore.open(audioId)?.size, 3);
});

test("a storage that cannot be closed is logged, and the server is closed all the same", async () => {
  const errors: unknown[] = [];
  const close = () => Promise.reject(new Error("no way"));
  const server = await startImServer({ storage: { ...keepingStorage().storage, close }, logger: errorsTo(errors) });
  await server.close();
  assert.deepEqual(errors, [["the storage could not be closed", "Error: no way"]]);
});

test("a storage that does not answer is waited for ten seconds", async () => {
  const errors: unknown[] = [];
  const clock = new FakeClock();
  const closing = Promise.withResolvers<void>();
  const close = () => {
    closing.resolve();
    return new Promise<never>(() => {});
  };
  const storage = { ...keepingStorage().storage, close };
  const server = await startImServer({ storage, clock, logger: errorsTo(errors) });
  const closed = server.close();
  await closing.promise;
  clock.advance(9_999);
  assert.deepEqual(errors, []);
  clock.advance(1);
  await closed;
  assert.match(String(errors), /could not be closed,Error: it has not closed within 10000 ms/);
  assert.equal(clock.pendingTimers, 0);
});

test("a start that fails closes the storage, a wrong option does not", async () => {
  await using kit = await startTestServer();
  const { storage, done } = keepingStorage();
  await assert.rejects(startImServer({ storage, port: -1 }), RangeError);
  assert.deepEqual(done, []);
  await assert.rejects(startImServer({ storage, port: kit.server.port }), { code: "EADDRINUSE" });
  assert.deepEqual(done, ["close"]);
});

test("what is no storage, and two places for recordings, are refused by name", () => {
  const { storage } = keepingStorage();
  const audioStore = new MemoryAudioStore();
  const withAudio = { ...storage, audioStore };
  const wrong: [object, RegExp][] = [
    [{ storage: null }, /storage is null: want a ServerStorage/],
    [{ storage: { openLog() {} } }, /storage is an object: want .* with openLog and close/],
    [{ storage: Promise.resolve(storage) }, /storage is .*: want .* await the function that opens it/],
    [{ storage: withAudio, audioStore }, /audioStore is an object, but there is storage\.audioStore too: want one/],
    [{ storage: withAudio, audioFolder: "a" }, /audioFolder is "a", but there is storage\.audioStore too: want one/],
    [{ audioStore, audioFolder: "a" }, /audioFolder is "a", but there is audioStore too: want one of them/],
  ];
  for (const [options, message] of wrong) assert.throws(() => createImServiceRoutes(options), message);
});
