import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { IMService, MessageType, UserRole } from "@im-sdk/gen";
import { createImServiceRoutes } from "../im-service-routes.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { refusedWith, startTestServer } from "../test-kit/test-server.ts";

test("the other members hear of a user's first join and last leave, the user of the room that it made", async () => {
  await using kit = await startTestServer();
  const alice = kit.connect().open("alice");
  alice.send({ messageId: "j1", roomId: "r", type: MessageType.JOIN_ROOM, metadata: { nickname: "Al" } });
  assert.deepEqual((await alice.nextJoin()).onlineUsers, ["alice"]);
  assert.equal((await alice.nextSystem()).eventType, "room_created");

  const connection = kit.connect();
  const first = connection.openPlain("bob", "r");
  const joined = await alice.nextSystem();
  assert.deepEqual([joined.eventType, joined.eventData], ["user_joined", { user_id: "bob" }]);
  const second = connection.open("bob");
  second.send({ messageId: "j", roomId: "r", type: MessageType.JOIN_ROOM });
  assert.deepEqual((await second.nextJoin()).onlineUsers, ["alice", "bob"]);
  first.cancel();
  await first.ended;
  second.send({ roomId: "r", type: MessageType.LEAVE_ROOM, ackRequired: true, messageId: "l" });
  assert.equal((await second.nextAck()).originalMessageId, "l");
  const left = await alice.next(MessageType.SYSTEM);
  assert.equal(alice.received.filter(({ type }) => type === MessageType.SYSTEM).length, 3);
  assert.deepEqual([left.sequence, left.fromUserId], [0n, ""]);
});

test("a unary join applies to the user's streams on the same session, and ends with a unary leave", async () => {
  await using kit = await startTestServer();
  const here = kit.connect();
  const elsewhere = kit.connect();
  const stream = here.openPlain("alice", "lobby");
  const other = elsewhere.openPlain("alice", "lobby");
  await stream.next();
  other.text("lobby", "up");
  await other.nextText();
  const joined = await here.im.joinRoom({ userId: "alice", roomId: "r", metadata: { nickname: "Al" } });
  assert.deepEqual([joined.status?.code, joined.onlineUsers, joined.recovered], [0, ["alice"], true]);
  await here.im.sendMessage({
    userId: "bob",
    roomId: "r",
    type: MessageType.TEXT,
    content: new TextEncoder().encode("x"),
  });
  await here.im.sendMessage({ userId: "bob", roomId: "lobby", type: MessageType.TEXT });
  assert.deepEqual([await stream.nextText(), await stream.nextText(), await stream.nextText()], ["up", "x", ""]);
  assert.equal(await other.nextText(), "");
  const { users } = await here.im.getRoomInfo({ userId: "bob", roomId: "r" });
  assert.deepEqual(
    users.map(({ userId, nickname }) => [userId, nickname]),
    [["alice", "Al"]],
  );
  await here.im.leaveRoom({ userId: "alice", roomId: "r" });
  assert.deepEqual((await here.im.getRoomInfo({ userId: "bob", roomId: "r" })).users, []);
});

test("a unary join without a stream on the session applies to the user's streams elsewhere", async () => {
  await using kit = await startTestServer();
  const stream = kit.connect().openPlain("alice", "lobby");
  await stream.next();
  const other = kit.connect();
  await other.im.joinRoom({ userId: "alice", roomId: "r" });
  await other.im.sendMessage({ userId: "bob", roomId: "r", type: MessageType.TEXT });
  assert.equal((await stream.next(MessageType.TEXT)).roomId, "r");
});

test("a unary join before the stream waits for it, and misses nothing in between", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  assert.deepEqual((await connection.im.joinRoom({ userId: "alice", roomId: "r" })).onlineUsers, ["alice"]);
  await connection.im.sendMessage({ userId: "bob", roomId: "r", type: MessageType.TEXT });
  const stream = connection.open("alice", {});
  assert.equal((await stream.next(MessageType.TEXT)).roomId, "r");
});

test("a join without a stream ends with its session", async () => {
  await using kit = await startTestServer();
  const watcher = kit.connect().openPlain("bob", "r");
  await watcher.nextSystem();
  const connection = kit.connect();
  await connection.im.joinRoom({ userId: "alice", roomId: "r" });
  assert.equal((await watcher.nextSystem()).eventType, "user_joined");
  connection.session.abort();
  assert.equal((await watcher.nextSystem()).eventType, "user_left");
});

test("a full room takes no one else, but a user who is in does not count twice", async () => {
  await using kit = await startTestServer({ rooms: { r: { maxUsers: 1 } } });
  const connection = kit.connect();
  const alice = connection.openPlain("alice", "r");
  await alice.next();
  const again = kit.connect().open("alice");
  again.send({ messageId: "j", roomId: "r", type: MessageType.JOIN_ROOM });
  assert.equal((await again.nextJoin()).status?.code, 0);
  const bob = kit.connect().open("bob");
  bob.send({ messageId: "j", roomId: "r", type: MessageType.JOIN_ROOM, ackRequired: true });
  assert.equal((await bob.nextJoin()).status?.code, Code.ResourceExhausted);
  const ackOnly = kit.connect().open("carol", { "im-capabilities": "ack" });
  ackOnly.send({ messageId: "j", roomId: "r", type: MessageType.JOIN_ROOM, ackRequired: true });
  assert.equal((await ackOnly.nextAck()).code, Code.ResourceExhausted);
  await assert.rejects(connection.im.joinRoom({ userId: "dan", roomId: "r" }), refusedWith(Code.ResourceExhausted));
  kit.server.configureRoom("r", { maxUsers: 2 });
  await connection.im.joinRoom({ userId: "dan", roomId: "r" });
});

test("a user may be in so many rooms, and the server may have so many", async () => {
  await using kit = await startTestServer({ limits: { maxRoomsPerUser: 1, maxRooms: 2 } });
  const { im } = kit.connect();
  await im.joinRoom({ userId: "alice", roomId: "a" });
  await im.joinRoom({ userId: "alice", roomId: "a" });
  await assert.rejects(im.joinRoom({ userId: "alice", roomId: "b" }), refusedWith(Code.ResourceExhausted));
  await im.leaveRoom({ userId: "alice", roomId: "a" });
  await im.joinRoom({ userId: "alice", roomId: "b" });
  await assert.rejects(im.joinRoom({ userId: "bob", roomId: "c" }), refusedWith(Code.ResourceExhausted));
});

test("an empty room goes away after its idle time, a persistent one and one with a member do not", async () => {
  const clock = new FakeClock();
  await using kit = await startTestServer({ clock, defaultRoom: { idleTimeoutSeconds: 10 } });
  kit.server.configureRoom("kept", { persistent: true });
  const { im } = kit.connect();
  for (const roomId of ["gone", "kept", "used"]) await im.sendMessage({ userId: "a", roomId, type: MessageType.TEXT });
  await im.joinRoom({ userId: "alice", roomId: "used" });
  clock.advance(9_999);
  await im.getRoomInfo({ roomId: "gone" });
  clock.advance(1);
  await assert.rejects(im.getRoomInfo({ roomId: "gone" }), refusedWith(Code.NotFound));
  assert.equal((await im.getRoomInfo({ roomId: "kept" })).roomInfo?.messageCount, 1n);
  assert.equal((await im.getRoomInfo({ roomId: "used" })).roomInfo?.messageCount, 1n);
  await im.leaveRoom({ userId: "alice", roomId: "used" });
  clock.advance(10_000);
  await assert.rejects(im.getRoomInfo({ roomId: "used" }), refusedWith(Code.NotFound));
});

test("a room is described with its options, its members and their roles", async () => {
  const lobby = {
    name: "Lobby",
    description: "All",
    moderators: ["mo"],
    admins: ["ada"],
    mutedUsers: ["mo"],
    maxUsers: 9,
  };
  await using kit = await startTestServer({ rooms: { lobby } });
  const { im } = kit.connect();
  for (const userId of ["mo", "ada", "bob"]) await im.joinRoom({ userId, roomId: "lobby" });
  const { roomInfo, users } = await im.getRoomInfo({ roomId: "lobby", userId: "bob" });
  assert.deepEqual([roomInfo?.name, roomInfo?.userCount, roomInfo?.config?.maxUsers], ["Lobby", 3, 9]);
  assert.deepEqual(
    users.map(({ userId, role, muted }) => [userId, role, muted]),
    [
      ["mo", UserRole.MODERATOR, true],
      ["ada", UserRole.ADMIN, false],
      ["bob", UserRole.USER, false],
    ],
  );
});

test("empty ids are refused by name, too long ones as well", async () => {
  await using kit = await startTestServer({ limits: { maxIdLength: 8 } });
  const { im } = kit.connect();
  await assert.rejects(im.joinRoom({ userId: "a" }), refusedWith(Code.InvalidArgument, "room_id"));
  await assert.rejects(im.joinRoom({ roomId: "a" }), refusedWith(Code.InvalidArgument, "user_id"));
  await assert.rejects(im.leaveRoom({ userId: "a" }), refusedWith(Code.InvalidArgument, "room_id"));
  await assert.rejects(im.joinRoom({ userId: "a", roomId: "123456789" }), refusedWith(Code.InvalidArgument, "room_id"));
});

test("routes in an app's own server remember a join for the user's next stream", async () => {
  const im = createClient(IMService, createRouterTransport(createImServiceRoutes()));
  await im.joinRoom({ userId: "alice", roomId: "r" });
  const { users } = await im.getRoomInfo({ roomId: "r" });
  assert.deepEqual(
    users.map(({ userId }) => userId),
    ["alice"],
  );
});
