import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  AckContentSchema,
  IMService,
  JoinRoomRequestSchema,
  JoinRoomResponseSchema,
  type MessageResponse,
  MessageType,
  SystemContentSchema,
} from "@im-sdk/gen";
import { RawStream } from "../test-kit/raw-stream.ts";
import { startTestServer, type TestServerOptions } from "./start-test-server.ts";

const utf8 = new TextEncoder();
const textOf = ({ content }: MessageResponse) => new TextDecoder().decode(content);
const ackOf = ({ content }: MessageResponse) => fromBinary(AckContentSchema, content);
const eventOf = ({ content }: MessageResponse) => fromBinary(SystemContentSchema, content);

async function setUp(t: TestContext, options: TestServerOptions = {}) {
  const server = await startTestServer(options);
  t.after(() => server.close());
  const connect = () => createClient(IMService, createGrpcTransport({ baseUrl: server.url }));
  const client = connect();
  const open = (userId: string, headers: Record<string, string> = {}) => {
    const stream = new RawStream(client, { "user-id": userId, ...headers });
    t.after(() => stream.cancel());
    return stream;
  };
  return { server, client, connect, open };
}

const extended = { "im-capabilities": "ack, resume", "room-id": "lobby" };
const text = (content: string) => ({ roomId: "lobby", type: MessageType.TEXT, content: utf8.encode(content) });

test("a stream that asks for extensions is greeted and acknowledged, and a duplicate gets the first answer", async (t) => {
  const { server, open } = await setUp(t);
  const ann = open("ann", extended);
  assert.equal((await ann.next()).type, MessageType.HEARTBEAT);
  assert.equal(eventOf(await ann.next()).eventType, "room_created");
  for (let times = 0; times < 2; times++) ann.send({ ...text("hi"), messageId: "m1", ackRequired: true });
  const stored = await ann.next();
  assert.deepEqual([textOf(stored), stored.sequence, stored.previousSequence], ["hi", 1n, 0n]);
  for (let times = 0; times < 2; times++) {
    const { originalMessageId, success, sequence, epoch } = ackOf(await ann.next());
    assert.deepEqual([originalMessageId, success, sequence, epoch], ["m1", true, 1n, stored.epoch]);
  }
  assert.equal(server.received.length, 1);
});

test("a stream that asks for nothing gets the plain contract, also from a server that could do more", async (t) => {
  const { server, client, open } = await setUp(t);
  await client.joinRoom({ userId: "ann", roomId: "lobby" });
  const ann = open("ann");
  ann.send({ ...text("one"), ackRequired: true });
  const message = await ann.next();
  assert.deepEqual([textOf(message), message.sequence, message.epoch], ["one", 0n, ""]);
  await server.say("lobby", "two");
  assert.equal(textOf(await ann.next()), "two");
});

test("who joined before having a stream leaves with it", async (t) => {
  const { server, client, open } = await setUp(t);
  const bob = open("bob", { "room-id": "lobby" });
  assert.equal(eventOf(await bob.next()).eventType, "room_created");
  await client.joinRoom({ userId: "ann", roomId: "lobby", metadata: { nickname: "Ann" } });
  assert.deepEqual(eventOf(await bob.next()).eventData, { user_id: "ann", nickname: "Ann" });
  const ann = open("ann", { "im-capabilities": "ack" });
  assert.equal((await ann.next()).type, MessageType.HEARTBEAT);
  ann.cancel();
  assert.equal(eventOf(await bob.next()).eventType, "user_left");
  assert.deepEqual(server.members("lobby"), ["bob"]);
});

test("a plain server grants nothing, keeps no history and both copies of a message", async (t) => {
  const { server, client } = await setUp(t, { extensions: false });
  const call = { userId: "ann", ...text("hi"), messageId: "m1" };
  const answers = [await client.sendMessage(call), await client.sendMessage(call)];
  assert.notEqual(answers[0]?.messageId, answers[1]?.messageId);
  assert.equal(server.received.length, 2);
  await assert.rejects(client.listMessages({ roomId: "lobby", userId: "ann" }), { code: Code.Unimplemented });
});

test("a join with a cursor is answered, then comes what the cursor missed", async (t) => {
  const { server, open } = await setUp(t);
  const { epoch } = await server.say("lobby", "1");
  await server.say("lobby", "2");
  const ann = open("ann", { "im-capabilities": "resume" });
  await ann.next();
  const join = (cursor: { epoch: string; sequence: bigint }) => {
    const content = toBinary(JoinRoomRequestSchema, create(JoinRoomRequestSchema, { roomId: "lobby", cursor }));
    ann.send({ messageId: "j1", roomId: "lobby", type: MessageType.JOIN_ROOM, content });
  };
  join({ epoch, sequence: 1n });
  const answer = fromBinary(JoinRoomResponseSchema, (await ann.next()).content);
  assert.deepEqual([answer.recovered, answer.head?.sequence, answer.onlineUsers], [true, 2n, ["ann"]]);
  assert.equal(textOf(await ann.next()), "2");
  join({ epoch: "another", sequence: 7n });
  assert.equal(fromBinary(JoinRoomResponseSchema, (await ann.next()).content).recovered, false);
  assert.deepEqual([textOf(await ann.next()), textOf(await ann.next())], ["1", "2"]);
});

test("members are told who comes and goes, and so is the test", async (t) => {
  const { server, open } = await setUp(t);
  const ann = open("ann", extended);
  await ann.next();
  await ann.next();
  const bob = open("", { "user-id-bin": Buffer.from("张三").toString("base64"), ...extended });
  await server.waitForMember("lobby", "张三");
  assert.deepEqual(server.members("lobby"), ["ann", "张三"]);
  assert.deepEqual(eventOf(await ann.next()).eventData, { user_id: "张三" });
  bob.cancel();
  assert.equal(eventOf(await ann.next()).eventType, "user_left");
  assert.deepEqual(server.members("lobby"), ["ann"]);
  assert.deepEqual(server.members("nowhere"), []);
});

test("a rejection is an ACK that says no, and acks are held until they are released", async (t) => {
  const { server, open } = await setUp(t);
  const ann = open("ann", { "im-capabilities": "ack" });
  await ann.next();
  server.rejectNext("no", { code: "ResourceExhausted" });
  ann.send({ ...text("a"), messageId: "m1", ackRequired: true });
  const { success, errorMessage, code } = ackOf(await ann.next());
  assert.deepEqual([success, errorMessage, code], [false, "no", Code.ResourceExhausted]);
  server.holdAcks();
  ann.send({ ...text("b"), messageId: "m2", ackRequired: true });
  ann.send({ messageId: "h1", type: MessageType.HEARTBEAT });
  assert.equal(eventOf(await ann.next()).eventType, "room_created");
  assert.equal((await ann.next()).messageId, "h1");
  server.releaseAcks();
  assert.equal(ackOf(await ann.next()).originalMessageId, "m2");
});

test("the next call of an RPC fails as the test asks, each time once", async (t) => {
  const { server, client } = await setUp(t);
  const call = { userId: "ann", ...text("hi") };
  server.failNext("sendMessage", "Unavailable");
  server.failNext("sendMessage", "Internal", "twice");
  server.rejectNext("thrice");
  await assert.rejects(client.sendMessage(call), { code: Code.Unavailable });
  await assert.rejects(client.sendMessage(call), { code: Code.Internal, rawMessage: "twice" });
  await assert.rejects(client.sendMessage(call), { code: Code.PermissionDenied, rawMessage: "thrice" });
  assert.equal((await client.sendMessage(call)).sequence, 1n);
  server.failNext("streamMessages", "Unauthenticated");
  const stream = new RawStream(client, { "user-id": "ann" });
  await assert.rejects(stream.next(), { code: Code.Unauthenticated });
});

test("a message is given to one wait, whether it came before or comes after", async (t) => {
  const { server, client } = await setUp(t);
  const say = (content: string) => client.sendMessage({ userId: "ann", ...text(content) });
  await say("1");
  await say("2");
  const later = [server.waitForMessage(({ text }) => text === "2"), server.waitForMessage(({ text }) => text !== "1")];
  assert.equal((await server.waitForMessage()).text, "1");
  await say("3");
  assert.deepEqual(
    (await Promise.all(later)).map(({ text, userId }) => [userId, text]),
    [
      ["ann", "2"],
      ["ann", "3"],
    ],
  );
});

test("a wait in vain says what came instead", async (t) => {
  const { server, client } = await setUp(t);
  await client.sendMessage({ userId: "ann", ...text("pong") });
  await client.sendMessage({ userId: "ann", roomId: "r", type: MessageType.AUDIO });
  await assert.rejects(
    server.waitForMessage(({ text }) => text === "ping", { timeoutMs: 1 }),
    {
      message: "no such message came; what came: ann in lobby: pong; ann in r: AUDIO (waited for 1 ms)",
    },
  );
  await assert.rejects(server.waitForMember("lobby", "bob", { timeoutMs: 1 }), /bob is not in lobby.*nobody/);
  const reason = new Error("enough");
  await assert.rejects(
    server.waitForMessage(() => false, { signal: AbortSignal.abort(reason) }),
    reason,
  );
});

test("a server that is stopped refuses connections, and is there again on its port", async (t) => {
  const { server, connect } = await setUp(t);
  const { address } = server;
  await connect().healthCheck({});
  await server.say("lobby", "kept");
  await server.stop();
  await assert.rejects(connect().healthCheck({}), ConnectError);
  await server.restart();
  assert.equal(server.address, address);
  assert.equal((await connect().listMessages({ roomId: "lobby", userId: "ann" })).messages.length, 1);
  await server.restart({ keepRooms: false });
  await assert.rejects(connect().getRoomInfo({ roomId: "lobby", userId: "ann" }), { code: Code.NotFound });
});

test("what makes no sense is refused by name", async (t) => {
  const { client } = await setUp(t);
  const wrong = [{ roomId: "" }, { type: MessageType.SYSTEM }, { type: MessageType.HEARTBEAT }];
  for (const fields of wrong) await assert.rejects(client.sendMessage({ userId: "ann", ...text("hi"), ...fields }));
  await assert.rejects(client.joinRoom({ userId: "", roomId: "lobby" }), { rawMessage: "user_id is empty" });
});
