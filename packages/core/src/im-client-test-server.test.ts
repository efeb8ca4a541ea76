import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { startImServer } from "@im-sdk/server";
import { startFaultProxy, startTestServer } from "@im-sdk/testing";
import { ImError } from "./im-error.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { record } from "./test-kit/record.ts";

async function setUp(t: TestContext, options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(options);
  t.after(() => server.close());
  const bob = record(t, { userId: "bob", defaultRoomId: "lobby", services: [server.address] });
  await bob.client.connect();
  return { server, bob };
}

test("a client that is connected is in its room, hears others, and is acknowledged", async (t) => {
  const { server, bob } = await setUp(t);
  assert.deepEqual(server.members("lobby"), ["bob"]);
  await server.say("lobby", "hi bob", { from: "ann" });
  await bob.until(({ texts }) => texts.includes("hi bob"));
  const { delivery, sequence } = await bob.client.sendTextMessage("lobby", "hi ann");
  assert.deepEqual([delivery, sequence], ["acknowledged", 2n]);
  assert.deepEqual(
    server.received.map(({ userId, text }) => [userId, text]),
    [["bob", "hi ann"]],
  );
  assert.equal((await bob.client.getRoomInfo("lobby")).roomInfo?.userCount, 1);
});

test("what was said while a client was away comes once, in order and without a gap", async (t) => {
  const { server, bob } = await setUp(t);
  await bob.client.joinRoom("second");
  await server.say("lobby", "1");
  await bob.until(({ texts }) => texts.includes("1"));
  await server.stop();
  await bob.until(({ client }) => client.state === "reconnecting");
  await server.say("lobby", "2");
  await server.say("second", "3");
  await server.restart();
  await bob.until(({ texts }) => texts.includes("2") && texts.includes("3"));
  await server.say("lobby", "4");
  await bob.until(({ texts }) => texts.includes("4"));
  assert.deepEqual(bob.texts.toSorted(), ["1", "2", "3", "4"]);
  assert.deepEqual(bob.of("gap"), []);
});

test("a message whose ACK was held and lost with the connection is sent again and kept once", async (t) => {
  const { server, bob } = await setUp(t);
  server.holdAcks();
  const sent = bob.client.sendTextMessage("lobby", "once");
  assert.equal((await server.waitForMessage()).text, "once");
  server.disconnectAll();
  await bob.until(() => bob.of("connect").length === 2);
  server.releaseAcks();
  assert.equal((await sent).delivery, "acknowledged");
  assert.equal(server.received.length, 1);
});

test("a server that forgot its rooms is a gap, and goes on", async (t) => {
  const { server, bob } = await setUp(t);
  await server.say("lobby", "1");
  await bob.until(({ texts }) => texts.includes("1"));
  await server.restart({ keepRooms: false });
  await bob.until(() => bob.of("gap").length === 1);
  await server.say("lobby", "2");
  await bob.until(({ texts }) => texts.includes("2"));
  assert.equal((await bob.client.sendTextMessage("lobby", "3")).delivery, "acknowledged");
});

test("rejections and failures that a test asks for reach the client once", async (t) => {
  const { server, bob } = await setUp(t);
  server.rejectNext("no links, please");
  await assert.rejects(bob.client.sendTextMessage("lobby", "http://x"), hasCode("rejected", "no links, please"));
  await bob.client.sendTextMessage("lobby", "x");
  server.failNext("joinRoom", "PermissionDenied", "members only");
  await assert.rejects(bob.client.joinRoom("secret"), /members only/);
  await bob.client.joinRoom("secret");
  server.failNext("getRoomInfo", "Unavailable");
  assert.equal((await bob.client.getRoomInfo("secret")).roomInfo?.roomId, "secret");
});

test("without extensions a client is told that its message was written, and after a cut of a gap", async (t) => {
  const { server, bob } = await setUp(t, { extensions: false });
  assert.equal((await bob.client.sendTextMessage("lobby", "plain")).delivery, "written");
  await server.waitForMessage(({ text }) => text === "plain");
  server.disconnectAll();
  await bob.until(() => bob.of("gap").length === 1 && bob.of("connect").length === 2);
  await server.waitForMember("lobby", "bob");
  await server.say("lobby", "again");
  await bob.until(({ texts }) => texts.includes("again"));
});

test("an upload is kept for the test to look at, and history is that of the room", async (t) => {
  const { server, bob } = await setUp(t);
  const { audioId } = await bob.client.uploadAudio("lobby", new Uint8Array([1, 2, 3]), { format: "opus" });
  assert.deepEqual(
    server.uploads.map((upload) => [upload.audioId, upload.format, [...upload.bytes]]),
    [[audioId, "opus", [1, 2, 3]]],
  );
  for (const text of ["1", "2"]) await server.say("lobby", text);
  const texts: string[] = [];
  for await (const message of bob.client.listMessages("lobby")) if (message.type === "text") texts.push(message.text);
  assert.deepEqual(texts, ["1", "2"]);
});

test("a wait ends with the server", async () => {
  const server = await startTestServer();
  const waiting = assert.rejects(server.waitForMessage(), /the test server is closed/);
  await server.close();
  await waiting;
});

for (const plain of [false, true]) {
  test(`clients see the same as with the ${plain ? "plain" : "reference"} server`, async (t) => {
    const real = await startImServer(plain ? { capabilities: [] } : {});
    t.after(() => real.close());
    const server = await startTestServer({ extensions: !plain });
    t.after(() => server.close());
    const seen = await play(t, server.address);
    assert.deepEqual(seen, await play(t, `127.0.0.1:${real.port}`));
    assert.ok(seen.length > 15);
  });
}

/** What two clients are told in a conversation, without what is new each time. */
async function play(t: TestContext, address: string): Promise<string[]> {
  const proxy = await startFaultProxy(address);
  t.after(() => proxy.close());
  // Of each client by itself: which of two hears first is chance.
  const seen = { ann: [] as unknown[], bob: [] as unknown[], answers: [] as unknown[] };
  const ann = record(t, { userId: "ann", services: [address] });
  const bob = record(t, { userId: "张三", defaultRoomId: "lobby", services: [proxy.address] });
  for (const [client, heard] of [
    [ann.client, seen.ann],
    [bob.client, seen.bob],
  ] as const) {
    client.on("message", ({ id: _, timestamp, epoch, raw: _raw, ack: _ack, ...message }) => {
      const known = [timestamp instanceof Date, typeof epoch];
      heard.push(message, known);
    });
    client.on("gap", ({ roomId }) => heard.push("gap", roomId));
  }
  const told = async (client: typeof ann, text: string) => {
    await client.until(({ texts }) => texts.includes(text));
  };
  await ann.client.connect();
  await ann.client.joinRoom("lobby", { nickname: "Ann" });
  await bob.client.connect();
  await ann.until(() => ann.of("message").length === 2);
  const first = await bob.client.sendTextMessage("lobby", "one", { messageId: "m1", metadata: { a: "b" } });
  await told(ann, "one");
  const again = await bob.client.sendTextMessage("lobby", "one", { messageId: "m1" });
  seen.answers.push(again.sequence === first.sequence && again.epoch === first.epoch, first.delivery, first.sequence);
  await bob.client.sendRichTextMessage("lobby", { contentType: "markdown", rawContent: "*two*" });
  const { roomInfo, users } = await ann.client.getRoomInfo("lobby");
  seen.answers.push(
    roomInfo?.messageCount,
    roomInfo?.userCount,
    users.map(({ userId, nickname }) => [userId, nickname]).sort(),
  );
  proxy.cut();
  await bob.until(() => bob.of("connect").length === 2);
  await ann.client.sendTextMessage("lobby", "three");
  await told(bob, "three");
  await told(ann, "three");
  await ann.client.leaveRoom("lobby");
  await bob.client.sendTextMessage("lobby", "four");
  await told(bob, "four");
  await bob.client.sendTextMessage("elsewhere", "five");
  await bob.client.joinRoom("elsewhere");
  await bob.client.sendTextMessage("elsewhere", "six");
  await told(bob, "six");
  const nowhere = await bob.client.getRoomInfo("nowhere").catch((error: unknown) => error);
  seen.answers.push(nowhere instanceof ImError && nowhere.code);
  return Object.values(seen)
    .flat()
    .map((entry) => JSON.stringify(entry, (_, value) => (typeof value === "bigint" ? `${value}n` : value)));
}
