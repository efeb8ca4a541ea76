import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { JoinRoomRequestSchema, MessageType } from "@im-sdk/gen";
import { MemoryRoomLog } from "../log/memory-room-log.ts";
import { LaterRoomLog } from "../test-kit/later-room-log.ts";
import { storageOn } from "../test-kit/storage-on.ts";
import { startTestServer, type TestConnection } from "../test-kit/test-server.ts";
import type { TestStream } from "../test-kit/test-stream.ts";

function join(stream: TestStream, cursor?: { epoch: string; sequence: bigint }, roomId = "r") {
  const request: MessageInitShape<typeof JoinRoomRequestSchema> = cursor === undefined ? {} : { cursor };
  const content = toBinary(JoinRoomRequestSchema, create(JoinRoomRequestSchema, request));
  stream.send({ messageId: "join", roomId, type: MessageType.JOIN_ROOM, content });
  return stream.nextJoin();
}

async function post({ im }: TestConnection, count: number, roomId = "r") {
  let last = { epoch: "", sequence: 0n };
  for (let i = 0; i < count; i += 1) {
    const content = new TextEncoder().encode(String(i));
    last = await im.sendMessage({ userId: "poster", roomId, type: MessageType.TEXT, content });
  }
  return last;
}

async function nextSequences(stream: TestStream, count: number): Promise<number[]> {
  const sequences: number[] = [];
  while (sequences.length < count) sequences.push(Number((await stream.next(MessageType.TEXT)).sequence));
  return sequences;
}

test("a join without a cursor begins at the head", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  await post(connection, 3);
  const stream = connection.open("alice");
  const joined = await join(stream);
  assert.deepEqual([joined.head?.sequence, joined.recovered], [3n, true]);
  await post(connection, 1);
  assert.deepEqual(await nextSequences(stream, 1), [4]);
});

test("a join with a cursor replays what came after it, then goes on live", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  const { epoch } = await post(connection, 5);
  const stream = connection.open("alice");
  const joined = await join(stream, { epoch, sequence: 2n });
  assert.deepEqual([joined.recovered, joined.head?.sequence, joined.head?.epoch], [true, 5n, epoch]);
  await post(connection, 1);
  assert.deepEqual(await nextSequences(stream, 4), [3, 4, 5, 6]);
  const last = stream.received.at(-1);
  assert.deepEqual([last?.epoch, last?.previousSequence], [epoch, 5n]);
});

test("a cursor that the log no longer reaches back to is not recovered, and what is kept is replayed", async () => {
  await using kit = await startTestServer({ retention: { maxMessages: 2 } });
  const connection = kit.connect();
  const { epoch } = await post(connection, 5);
  const late = connection.open("alice");
  assert.equal((await join(late, { epoch, sequence: 1n })).recovered, false);
  assert.deepEqual(await nextSequences(late, 2), [4, 5]);
  const intime = connection.open("bob");
  assert.equal((await join(intime, { epoch, sequence: 3n })).recovered, true);
  assert.deepEqual(await nextSequences(intime, 2), [4, 5]);
});

test("a cursor of another epoch is not recovered, and everything that is kept is replayed", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  await post(connection, 2);
  const stream = connection.open("alice");
  assert.equal((await join(stream, { epoch: "older", sequence: 100n })).recovered, false);
  assert.deepEqual(await nextSequences(stream, 2), [1, 2]);
});

test("a cursor beyond the head is not recovered", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  const { epoch } = await post(connection, 2);
  const stream = connection.open("alice");
  assert.equal((await join(stream, { epoch, sequence: 9n })).recovered, false);
  await post(connection, 1);
  assert.deepEqual(await nextSequences(stream, 1), [3]);
});

test("a second join with a cursor replays from there", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  const stream = connection.open("alice");
  await join(stream);
  const { epoch } = await post(connection, 3);
  assert.deepEqual(await nextSequences(stream, 3), [1, 2, 3]);
  await join(stream, { epoch, sequence: 1n });
  assert.deepEqual(await nextSequences(stream, 2), [2, 3]);
});

test("the sender's own stream gets its messages too", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().open("alice");
  await join(stream);
  stream.text("r", "mine", { messageId: "m", ackRequired: true });
  const ack = await stream.nextAck();
  assert.deepEqual([ack.success, ack.sequence, ack.originalMessageId], [true, 1n, "m"]);
  const own = stream.received.find(({ type }) => type === MessageType.TEXT) ?? (await stream.next(MessageType.TEXT));
  assert.deepEqual([own.sequence, own.messageId], [1n, "m"]);
});

const later = storageOn((_roomId, options) => new LaterRoomLog(new MemoryRoomLog(options)));

for (const [name, storage] of Object.entries({ "at once": {}, later: { storage: later } })) {
  test(`streams that join while messages are posted skip and double nothing, with a log that answers ${name}`, async () => {
    await using kit = await startTestServer({ limits: { maxQueueMessages: 8 }, ...storage });
    const connection = kit.connect();
    const { epoch } = await post(connection, 1);
    const count = 300;
    const posting = connection.open("poster");
    for (let i = 2; i <= count; i += 1) posting.text("r", String(i), { messageId: `m${i}`, ackRequired: true });
    const read = async (userId: string) => {
      const stream = kit.connect().open(userId);
      await join(stream, { epoch, sequence: 0n });
      return nextSequences(stream, count);
    };
    const readers: Promise<number[]>[] = [];
    for (let answered = 1; answered < count; answered += 1) {
      await posting.nextAck();
      if (answered % 40 === 0) readers.push(read(`reader${answered}`));
    }
    const expected = Array.from({ length: count }, (_, index) => index + 1);
    for (const sequences of await Promise.all(readers)) assert.deepEqual(sequences, expected);
  });

  test(`a sender's messages keep their order and their one copy, with a log that answers ${name}`, async () => {
    await using kit = await startTestServer(storage);
    const stream = kit.connect().open("alice");
    await join(stream);
    const ids = Array.from({ length: 400 }, (_, index) => `m${index}`);
    for (const messageId of [...ids, ...ids]) stream.text("r", messageId, { messageId, ackRequired: true });
    const positions = new Map<string, bigint>();
    for (let i = 0; i < ids.length * 2; i += 1) {
      const { originalMessageId, sequence, success } = await stream.nextAck();
      assert.ok(success);
      assert.equal(positions.get(originalMessageId) ?? sequence, sequence);
      positions.set(originalMessageId, sequence);
    }
    const texts = stream.received.filter(({ type }) => type === MessageType.TEXT);
    assert.deepEqual(
      texts.map(({ messageId }) => messageId),
      ids,
    );
  });
}
