import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance, ManualClock, ManualDiscovery, startFaultProxy, startTestServer } from "@im-sdk/testing";
import { TodoBot } from "./todo-bot.ts";

test("the bot answers ping", async () => {
  await using server = await startTestServer();
  await using bot = new TodoBot({ services: [server.address], defaultRoomId: "lobby" });
  await bot.start();

  await server.say("lobby", "ping", { from: "ann" });
  const answer = await server.waitForMessage();

  assert.equal(answer.userId, "todo-bot");
  assert.equal(answer.roomId, "lobby");
  assert.equal(answer.text, "pong");
});

test("the bot keeps the list of a room", async () => {
  await using server = await startTestServer();
  await using bot = new TodoBot({ services: [server.address], defaultRoomId: "kitchen" });
  await bot.start();

  for (const text of ["list", "todo buy milk", "todo bake", "hello?", "list"]) await server.say("kitchen", text);
  await server.waitForMessage(({ text }) => text.startsWith("1. "));

  assert.deepEqual(
    server.received.map(({ text }) => text),
    ["nothing to do", "1 to do", "2 to do", "1. buy milk\n2. bake"],
  );
});

test("an answer that the server rejects is logged, and the bot goes on", async () => {
  const log: string[] = [];
  await using server = await startTestServer();
  await using bot = new TodoBot({
    services: [server.address],
    defaultRoomId: "lobby",
    log: (line) => log.push(line),
  });
  await bot.start();

  server.rejectNext("slow down", { code: "ResourceExhausted" });
  await server.say("lobby", "ping");
  await server.say("lobby", "list");
  await server.waitForMessage(({ text }) => text === "nothing to do");

  assert.match(log.join("\n"), /not said in lobby: .*slow down/);
});

test("what is said while the network is away is answered once it is back, each once", async () => {
  await using server = await startTestServer();
  await using network = await startFaultProxy(server.address);
  await using bot = new TodoBot({ services: [network.address], defaultRoomId: "lobby", retryIntervalMs: 10 });
  await bot.start();

  // The bot hears the first question, and its answer is on the way when the connection breaks.
  server.holdAcks();
  await server.say("lobby", "todo sleep");
  await server.waitForMessage();
  network.refuse();
  network.cut();
  await server.say("lobby", "list");
  server.releaseAcks();
  await network.accept();
  await server.waitForMessage(({ text }) => text === "1. sleep");

  assert.deepEqual(
    server.received.map(({ text }) => text),
    ["1 to do", "1. sleep"],
  );
});

test("the bot moves when its server leaves", async () => {
  await using one = await startTestServer();
  await using two = await startTestServer();
  const discovery = new ManualDiscovery([createInstance("one", { port: one.port })]);
  await using bot = new TodoBot({ discovery, defaultRoomId: "lobby", retryIntervalMs: 10 });
  await bot.start();
  assert.deepEqual(one.members("lobby"), ["todo-bot"]);

  discovery.push([createInstance("two", { port: two.port })]);
  await one.stop();
  await two.waitForMember("lobby", "todo-bot");

  await two.say("lobby", "ping");
  assert.equal((await two.waitForMessage()).text, "pong");
});

test("a reminder comes when it is time, without the test waiting for it", async () => {
  const clock = new ManualClock();
  await using server = await startTestServer();
  await using bot = new TodoBot({ services: [server.address], defaultRoomId: "lobby", clock });
  await bot.start();

  await server.say("lobby", "remind 10 tea is ready");
  assert.equal((await server.waitForMessage()).text, "in 10 minutes");
  await clock.advance(10 * 60_000 - 1);
  assert.equal(server.received.length, 1);
  await clock.advance(1);

  assert.equal((await server.waitForMessage()).text, "tea is ready");
});
