import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { MessageType } from "@im-sdk/gen";
import { MemoryRoomLog } from "../log/memory-room-log.ts";
import { resolveRetention } from "../options/retention.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { storageOn } from "../test-kit/storage-on.ts";
import { refusedWith, startTestServer } from "../test-kit/test-server.ts";

const bytes = (size: number) => new Uint8Array(size);

test("a unary send is idempotent by its message id, and each user has ids of its own", async () => {
  await using kit = await startTestServer();
  const { im } = kit.connect();
  const send = (userId: string) => im.sendMessage({ userId, roomId: "r", type: MessageType.TEXT, messageId: "m" });
  const first = await send("alice");
  assert.deepEqual(await send("alice"), first);
  assert.equal((await send("bob")).sequence, 2n);
  assert.ok(first.timestamp && first.epoch !== "" && first.status?.code === 0);
});

test("a message without an id gets one", async () => {
  await using kit = await startTestServer();
  const { messageId } = await kit.connect().im.sendMessage({ userId: "a", roomId: "r", type: MessageType.TEXT });
  assert.match(messageId, /^[0-9a-f-]{14}7/);
});

test("types that are not for clients are refused, and the stream lives on", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  const stream = connection.open("alice");
  const codes: number[] = [];
  for (const type of [MessageType.SYSTEM, MessageType.UNSPECIFIED, 99 as MessageType]) {
    stream.send({ messageId: "m", roomId: "r", type, ackRequired: true });
    codes.push((await stream.nextAck()).code);
    await assert.rejects(
      connection.im.sendMessage({ userId: "a", roomId: "r", type }),
      refusedWith(codes.at(-1) as Code),
    );
  }
  assert.deepEqual(codes, [Code.PermissionDenied, Code.InvalidArgument, Code.InvalidArgument]);
  stream.send({ type: MessageType.ACK });
  stream.text("", "no room", { ackRequired: true });
  const ack = await stream.nextAck();
  assert.deepEqual([ack.code, ack.errorMessage.includes("room_id")], [Code.InvalidArgument, true]);
});

test("what was not asked to be acknowledged is not, and refusals on a plain stream are dropped", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().open("alice");
  stream.text("r", "a");
  stream.text("r", "b", { messageId: "b", ackRequired: true });
  assert.equal((await stream.nextAck()).originalMessageId, "b");
  const plain = kit.connect().openPlain("bob", "r");
  plain.send({ roomId: "r", type: MessageType.SYSTEM, ackRequired: true });
  plain.text("r", "still here");
  assert.equal(await plain.nextText(), "still here");
});

test("a room's rules are kept: muted users, audio, rich text", async () => {
  const rooms = { r: { mutedUsers: ["mo"], allowAudio: false, allowRichText: false } };
  await using kit = await startTestServer({ rooms });
  const { im } = kit.connect();
  const send = (userId: string, type: MessageType) => im.sendMessage({ userId, roomId: "r", type });
  await assert.rejects(send("mo", MessageType.TEXT), refusedWith(Code.PermissionDenied, "muted"));
  await assert.rejects(send("al", MessageType.AUDIO), refusedWith(Code.PermissionDenied, "audio"));
  await assert.rejects(send("al", MessageType.RICH_TEXT), refusedWith(Code.PermissionDenied, "rich text"));
  kit.server.configureRoom("r", {});
  for (const type of [MessageType.TEXT, MessageType.AUDIO, MessageType.RICH_TEXT]) await send("mo", type);
});

test("a message over the limit is refused by name, one far over it ends the call", async () => {
  await using kit = await startTestServer({ limits: { maxMessageBytes: 1000, maxUploadChunkBytes: 1000 } });
  const connection = kit.connect();
  const stream = connection.open("alice");
  stream.send({ roomId: "r", type: MessageType.TEXT, content: bytes(1001), ackRequired: true });
  assert.equal((await stream.nextAck()).code, Code.ResourceExhausted);
  stream.send({ roomId: "r", type: MessageType.TEXT, content: bytes(1000), ackRequired: true });
  assert.equal((await stream.nextAck()).success, true);
  stream.send({ roomId: "r", type: MessageType.TEXT, content: bytes(100_000) });
  assert.equal((await stream.ended)?.code, Code.ResourceExhausted);
  const large = { userId: "a", roomId: "r", type: MessageType.TEXT, content: bytes(1001) };
  await assert.rejects(connection.im.sendMessage(large), refusedWith(Code.ResourceExhausted));
});

test("who posts too fast is told how long to wait, in the ACK and in the trailer", async () => {
  const clock = new FakeClock();
  await using kit = await startTestServer({ clock, limits: { messagesPerSecond: 2, burst: 1 } });
  const connection = kit.connect();
  const stream = connection.open("alice");
  stream.text("r", "a", { ackRequired: true });
  stream.text("r", "b", { ackRequired: true });
  assert.equal((await stream.nextAck()).success, true);
  const ack = await stream.nextAck();
  assert.deepEqual([ack.code, ack.retryAfter?.nanos], [Code.ResourceExhausted, 500_000_000]);
  const send = () => connection.im.sendMessage({ userId: "alice", roomId: "r", type: MessageType.TEXT });
  const error = await send().catch((reason: unknown) => reason);
  assert.ok(error instanceof ConnectError && error.code === Code.ResourceExhausted);
  assert.equal(error.metadata.get("grpc-retry-pushback-ms"), "500");
  clock.advance(500);
  await send();
});

test("a log that fails is UNAVAILABLE to the sender, and the room goes on", async () => {
  let failures = 1;
  const openLog = () => {
    const log = new MemoryRoomLog({ retention: resolveRetention(), clock: new FakeClock() });
    const append = log.append.bind(log);
    log.append = (message, key) => {
      if (failures-- > 0) throw new Error("disk on fire");
      return append(message, key);
    };
    return log;
  };
  await using kit = await startTestServer({ storage: storageOn(openLog) });
  const stream = kit.connect().open("alice");
  stream.text("r", "a", { ackRequired: true });
  stream.text("r", "b", { ackRequired: true });
  const [refused, stored] = [await stream.nextAck(), await stream.nextAck()];
  assert.deepEqual(
    [refused.code, refused.errorMessage.includes("fire"), stored.sequence],
    [Code.Unavailable, false, 1n],
  );
});

test("history is read in pages, oldest first, between two positions", async () => {
  await using kit = await startTestServer();
  const { im } = kit.connect();
  for (let i = 0; i < 5; i += 1) await im.sendMessage({ userId: "a", roomId: "r", type: MessageType.TEXT });
  const list = async (range: Parameters<typeof im.listMessages>[0]) => {
    const { messages, hasMore } = await im.listMessages({ roomId: "r", userId: "a", ...range });
    return [messages.map(({ sequence }) => Number(sequence)), hasMore];
  };
  const { messages } = await im.listMessages({ roomId: "r", userId: "a" });
  const epoch = messages[0]?.epoch ?? "";
  assert.deepEqual(await list({}), [[1, 2, 3, 4, 5], false]);
  assert.deepEqual(await list({ pageSize: 2 }), [[1, 2], true]);
  assert.deepEqual(await list({ after: { epoch, sequence: 2n }, pageSize: 3 }), [[3, 4, 5], false]);
  assert.deepEqual(await list({ before: { epoch, sequence: 3n } }), [[1, 2], false]);
  assert.deepEqual(await list({ after: { epoch: "older", sequence: 9n }, pageSize: 1 }), [[1], true]);
  assert.deepEqual(await list({ before: { epoch: "older", sequence: 9n } }), [[], false]);
  await assert.rejects(im.listMessages({ roomId: "none", userId: "a" }), refusedWith(Code.NotFound));
  await assert.rejects(im.listMessages({ roomId: "r", pageSize: -1 }), refusedWith(Code.InvalidArgument));
});
