import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, encodeBinaryHeader } from "@connectrpc/connect";
import { HealthStatus, MessageType } from "@im-sdk/gen";
import { refusedWith, startTestServer } from "../test-kit/test-server.ts";

test("granted extensions are named in the response header, whatever order, spacing and case asked for them", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().open("alice", { "im-capabilities": " RESUME ,x,Ack" });
  assert.equal((await stream.next()).type, MessageType.HEARTBEAT);
  assert.equal((await stream.headers).get("im-capabilities"), "ack, resume");
});

test("a health check names the granted extensions as well", async () => {
  await using kit = await startTestServer();
  let header: string | null = null;
  const options = {
    headers: { "im-capabilities": "ack" },
    onHeader(headers: Headers) {
      header = headers.get("im-capabilities");
    },
  };
  const { status } = await kit.connect().im.healthCheck({}, options);
  assert.deepEqual([status, header], [HealthStatus.SERVING, "ack"]);
});

test("a server without extensions grants nothing and sends nothing of its own", async () => {
  await using kit = await startTestServer({ capabilities: [] });
  const connection = kit.connect();
  const stream = connection.open("alice", { "im-capabilities": "ack, resume", "room-id": "r" });
  stream.text("r", "one", { ackRequired: true });
  const first = await stream.next(MessageType.TEXT);
  assert.deepEqual([first.sequence, first.epoch], [0n, ""]);
  assert.equal((await stream.headers).get("im-capabilities"), null);
  assert.ok(stream.received.every(({ type }) => type === MessageType.TEXT || type === MessageType.SYSTEM));
  await assert.rejects(connection.im.listMessages({ roomId: "r", userId: "a" }), refusedWith(Code.Unimplemented));
  const sent = await connection.im.sendMessage({ userId: "a", roomId: "r", type: MessageType.TEXT, messageId: "mine" });
  assert.deepEqual([sent.messageId === "mine", sent.sequence], [false, 0n]);
});

test("a plain stream gets plain frames beside a stream with extensions", async () => {
  await using kit = await startTestServer();
  const plain = kit.connect().openPlain("bob", "r");
  assert.equal((await plain.nextSystem()).eventType, "room_created");
  plain.text("r", "hello", { ackRequired: true });
  plain.send({ type: MessageType.HEARTBEAT });
  const text = await plain.next(MessageType.TEXT);
  assert.deepEqual([text.sequence, text.epoch, text.previousSequence], [0n, "", 0n]);
  plain.halfClose();
  assert.equal(await plain.ended, undefined);
  assert.ok(!plain.received.some(({ type }) => type === MessageType.ACK || type === MessageType.HEARTBEAT));
});

test("the heartbeat of a stream with extensions is answered", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().open("alice");
  await stream.next(MessageType.HEARTBEAT);
  stream.send({ messageId: "beat", type: MessageType.HEARTBEAT });
  assert.equal((await stream.next(MessageType.HEARTBEAT)).messageId, "beat");
});

test("ids outside ASCII come as binary metadata", async () => {
  await using kit = await startTestServer();
  const headers = { "user-id-bin": encodeBinaryHeader("张三"), "room-id-bin": encodeBinaryHeader("房间") };
  const stream = kit.connect().open("", headers);
  stream.text("房间", "你好");
  const message = await stream.next(MessageType.TEXT);
  assert.deepEqual([message.fromUserId, message.roomId], ["张三", "房间"]);
});

test("metadata that is not base64 of UTF-8 ends the stream", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().open("", { "user-id-bin": "/w" });
  assert.equal((await stream.ended)?.code, Code.InvalidArgument);
});

test("without metadata the first message tells the user and the room", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().open("", {});
  stream.text("r", "first", { userId: "carol" });
  assert.equal((await stream.next(MessageType.TEXT)).fromUserId, "carol");
  const info = await kit.connect().im.getRoomInfo({ roomId: "r", userId: "x" });
  assert.deepEqual(
    info.users.map(({ userId }) => userId),
    ["carol"],
  );
});

test("a first message without a user ends the stream and names the field", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().open("", {});
  stream.text("r", "first");
  assert.ok(refusedWith(Code.InvalidArgument, "user_id")(await stream.ended));
});

test("a message of another user is refused by an ACK where there are ACKs", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().open("alice");
  stream.text("r", "forged", { userId: "bob", messageId: "m" });
  const ack = await stream.nextAck();
  assert.deepEqual([ack.originalMessageId, ack.success, ack.code], ["m", false, Code.PermissionDenied]);
});

test("a message of another user ends a plain stream", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().openPlain("alice", "r");
  stream.text("r", "forged", { userId: "bob" });
  assert.equal((await stream.ended)?.code, Code.PermissionDenied);
});

const authenticate = (token: string | undefined) => {
  if (token !== "alice-token") throw new Error("no");
  return "alice";
};

test("every call wants a token when the server does, but gRPC's own health check", async () => {
  await using kit = await startTestServer({ authenticate });
  for (const connection of [kit.connect(), kit.connect({ authorization: "Bearer wrong" })]) {
    await assert.rejects(connection.im.healthCheck({}), refusedWith(Code.Unauthenticated));
    await assert.rejects(connection.im.sendMessage({ userId: "alice" }), refusedWith(Code.Unauthenticated));
    assert.equal((await connection.open("alice").ended)?.code, Code.Unauthenticated);
    await connection.health.check({});
  }
});

test("a token stands for its user, and for no other", async () => {
  await using kit = await startTestServer({ authenticate });
  const connection = kit.connect({ authorization: "Bearer alice-token" });
  const joined = await connection.im.joinRoom({ roomId: "r" });
  assert.deepEqual(joined.onlineUsers, ["alice"]);
  await assert.rejects(connection.im.joinRoom({ roomId: "r", userId: "bob" }), refusedWith(Code.PermissionDenied));
  assert.equal((await connection.open("bob").ended)?.code, Code.PermissionDenied);
  const stream = connection.open("", {});
  stream.text("r2", "hi");
  assert.equal((await stream.next(MessageType.TEXT)).fromUserId, "alice");
});
