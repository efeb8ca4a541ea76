import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { startImServer } from "@im-sdk/server";
import { ManualClock, startFaultProxy } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { observe } from "./test-kit/observe.ts";
import { record } from "./test-kit/record.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { until } from "./test-kit/until.ts";
import { createStreamTransport } from "./transport/stream-transport.ts";

async function startServer(t: TestContext, options: Parameters<typeof startImServer>[0] = {}) {
  const server = await startImServer(options);
  t.after(() => server.close());
  return server;
}

/** A proxy that takes connections and lets nothing through, and a client with 1,100 ms of its own clock to connect. */
async function blackHole(t: TestContext, options: Partial<ImClientOptions> = {}) {
  const proxy = await startFaultProxy("127.0.0.1:1");
  t.after(() => proxy.close());
  proxy.stall();
  const clock = new ManualClock();
  const tries = observe(t, "ann", "im-sdk:connect:start", "im-sdk:connect:end");
  const { client } = record(t, {
    userId: "ann",
    services: [proxy.address],
    connectTimeoutMs: 1_100,
    retryIntervalMs: 1,
    random: () => 0,
    clock,
    ...options,
  });
  return { proxy, client, clock, tries };
}

test("after a cut the rooms are joined again, what was missed comes first, and nothing comes twice", async (t) => {
  const server = await startServer(t);
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [`127.0.0.1:${server.port}`] });
  const bob = record(t, { userId: "bob", services: [proxy.address] });
  await ann.client.connect();
  await bob.client.connect();
  await bob.client.joinRoom("lobby", { nickname: "Bobby" });
  await ann.client.sendTextMessage("lobby", "1");
  await bob.until(({ texts }) => texts.includes("1"));

  proxy.refuse();
  proxy.cut();
  await bob.until(({ client }) => client.state === "reconnecting");
  await ann.client.sendTextMessage("lobby", "2");
  await ann.client.sendTextMessage("lobby", "3");
  const waiting = bob.client.sendTextMessage("lobby", "from bob");
  await proxy.accept();
  await bob.until(({ client }) => client.isConnected);
  assert.equal((await waiting).delivery, "acknowledged");
  await ann.client.sendTextMessage("lobby", "4");
  await bob.until(({ texts }) => texts.includes("4"));

  assert.deepEqual(bob.texts, ["1", "2", "3", "from bob", "4"]);
  assert.deepEqual(bob.of("gap"), []);
  assert.ok(bob.of("disconnect").length === 1 && bob.of("connect").length === 2);
  assert.deepEqual(
    (await ann.client.getRoomInfo("lobby")).users.find(({ userId }) => userId === "bob")?.nickname,
    "Bobby",
  );
});

test("messages that had no ACK when the connection broke are sent again, in order, and kept once", async (t) => {
  const server = await startServer(t);
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [`127.0.0.1:${server.port}`] });
  const bob = record(t, { userId: "bob", defaultRoomId: "lobby", services: [proxy.address] });
  await ann.client.connect();
  await bob.client.connect();
  // The messages arrive, and their ACKs do not.
  proxy.stall("down");
  const sends = Array.from({ length: 20 }, (_, n) => bob.client.sendTextMessage("lobby", `m${n}`));
  await ann.until(({ texts }) => texts.length === 20);
  proxy.cut();
  proxy.resume();
  const receipts = await Promise.all(sends);
  await bob.client.sendTextMessage("lobby", "end");
  await ann.until(({ texts }) => texts.includes("end"));
  assert.deepEqual(ann.texts, [...Array.from({ length: 20 }, (_, n) => `m${n}`), "end"]);
  assert.deepEqual(
    receipts.map(({ sequence }) => sequence),
    Array.from({ length: 20 }, (_, n) => BigInt(n + 1)),
  );
});

test("a server that lost its log is a gap, said before anything later", async (t) => {
  const first = await startImServer();
  const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [`127.0.0.1:${first.port}`] });
  await ann.client.connect();
  await ann.client.sendTextMessage("lobby", "old");
  await first.close();
  await startServer(t, { port: first.port });
  await ann.until(({ client }) => client.isConnected);
  const receipt = await ann.client.sendTextMessage("lobby", "new");
  await ann.until(({ texts }) => texts.includes("new"));
  const order = ann.events.filter(
    ({ name, payload }) => name === "gap" || (name === "message" && "text" in (payload as object)),
  );
  assert.deepEqual(
    order.map(({ name }) => name),
    ["message", "gap", "message"],
  );
  const [gap] = ann.of("gap");
  assert.equal(gap?.roomId, "lobby");
  assert.equal(gap?.reason, "not_in_log");
  assert.equal(gap?.after?.sequence, 1n);
  assert.equal(gap?.upTo?.epoch, receipt.epoch);
});

test("a message sent again into a new log, because the old one was lost before its ACK came, is seen once", async (t) => {
  const first = await startImServer();
  const proxy = await startFaultProxy(`127.0.0.1:${first.port}`);
  t.after(() => proxy.close());
  const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [proxy.address] });
  const bob = record(t, { userId: "bob", defaultRoomId: "lobby", services: [`127.0.0.1:${first.port}`] });
  await ann.client.connect();
  await bob.client.connect();
  proxy.stall("down");
  const send = ann.client.sendTextMessage("lobby", "once");
  await bob.until(({ texts }) => texts.includes("once"));
  await first.close();
  await startServer(t, { port: first.port });
  proxy.cut();
  proxy.resume();
  assert.equal((await send).delivery, "acknowledged");
  await bob.until(({ client }) => client.isConnected);
  await ann.client.sendTextMessage("lobby", "end");
  await bob.until(({ texts }) => texts.includes("end"));
  assert.deepEqual(bob.texts, ["once", "end"]);
});

test("an unreachable service names every address and why, within the connect timeout", async (t) => {
  const { proxy, client, clock, tries } = await blackHole(t, { maxRetries: 0 });
  const refused = "127.0.0.1:1";
  client.setServices([refused, proxy.address]);
  const failing = assert.rejects(
    client.connect(),
    hasCode("unavailable", refused, proxy.address, "ECONNREFUSED", "within 1100 ms"),
  );
  await until(() => tries.length === 3);
  await clock.advance(1_100);
  await failing;
  assert.equal(client.state, "idle");
});

test("the error of connect keeps what earlier rounds saw, though the last one was cut short", async (t) => {
  const { proxy, client, clock, tries } = await blackHole(t);
  const refused = "127.0.0.1:1";
  // The second round begins with the black hole and has no time left for the other.
  client.setServices([proxy.address, refused]);
  const failing = assert.rejects(
    client.connect(),
    hasCode("unavailable", refused, proxy.address, "ECONNREFUSED", "within 99 ms"),
  );
  await until(() => tries.length === 1);
  await clock.advance(1_000);
  await until(() => tries.length === 4);
  await clock.advance(100);
  await failing;
});

test("connect can be cancelled, and called again", async (t) => {
  const server = await startServer(t);
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  proxy.stall();
  const { client } = record(t, { userId: "ann", services: [proxy.address] });
  const stop = new AbortController();
  const connecting = client.connect({ signal: stop.signal });
  stop.abort();
  await assert.rejects(connecting, hasCode("canceled"));
  proxy.resume();
  await client.connect();
  assert.equal(client.isConnected, true);
});

test("callers of connect share the attempt; one that aborts ends only its own wait", async (t) => {
  const server = await startServer(t);
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  proxy.stall();
  const { client } = record(t, { userId: "ann", services: [proxy.address] });
  const stop = new AbortController();
  const first = client.connect({ signal: stop.signal });
  const second = client.connect();
  stop.abort();
  await assert.rejects(first, hasCode("canceled"));
  proxy.resume();
  await second;
  assert.equal(client.isConnected, true);
});

test("after maxRetries failures in a row the client gives up, says so, and can be connected again", async (t) => {
  const server = await startImServer();
  const ann = record(t, { userId: "ann", services: [`127.0.0.1:${server.port}`], maxRetries: 2, retryIntervalMs: 5 });
  await ann.client.connect();
  const loop = ann.client.messages().next();
  await server.close();
  await assert.rejects(loop, hasCode("unavailable"));
  await ann.until(({ client }) => client.state === "closed");
  await ann.until((recorder) => recorder.of("error").length === 1);
  hasCode("unavailable", `127.0.0.1:${server.port}`)(ann.of("error")[0]);
  assert.deepEqual(
    ann.of("reconnecting").map(({ attempt }) => attempt),
    [1, 2],
  );
  await assert.rejects(ann.client.sendTextMessage("r", "x"), hasCode("unavailable"));
  await startServer(t, { port: server.port });
  await ann.client.connect();
  assert.equal(ann.client.isConnected, true);
});

test("a dead instance is left for another at once", async (t) => {
  const first = await startImServer();
  const second = await startServer(t);
  const services = [`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`];
  const ann = record(t, { userId: "ann", services, retryIntervalMs: 60_000, random: () => 0 });
  await ann.client.connect();
  assert.equal(ann.of("connect")[0]?.instance?.port, first.port);
  await first.close();
  await ann.until((recorder) => recorder.of("connect").length === 2);
  assert.equal(ann.of("connect")[1]?.instance?.port, second.port);
});

test("a server that drains is left before it goes: the new stream is up before the old one ends", async (t) => {
  const first = await startImServer();
  const second = await startServer(t);
  const services = [`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`];
  const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services, random: () => 0 });
  await ann.client.connect();
  await first.drain({ timeoutMs: 20_000 });
  await ann.until((recorder) => recorder.of("connect").length === 2);
  assert.deepEqual(ann.of("disconnect"), []);
  assert.deepEqual(
    ann.of("stateChange").map(({ state }) => state),
    ["connecting", "connected"],
  );
  assert.equal((await ann.client.sendTextMessage("lobby", "here")).delivery, "acknowledged");
  await ann.until(({ texts }) => texts.includes("here"));
});

test("final errors end the client at once: no retry, no hang", async (t) => {
  const server = await startServer(t, {
    authenticate: (token) => {
      if (token === "secret") return "ann";
      throw new Error("wrong token");
    },
  });
  const services = [`127.0.0.1:${server.port}`];
  const wrong = record(t, { userId: "ann", services, credentials: "guess", maxRetries: Number.POSITIVE_INFINITY });
  await assert.rejects(wrong.client.connect(), hasCode("unauthenticated"));
  const missing = record(t, { userId: "ann", services });
  await assert.rejects(missing.client.connect(), hasCode("unauthenticated"));
  const other = record(t, { userId: "bob", services, credentials: "secret" });
  await assert.rejects(other.client.connect(), hasCode("permission_denied"));
  const right = record(t, { userId: "ann", services, credentials: async () => ({ token: "secret" }) });
  await right.client.connect();
});

test("a token that has run out is asked for again, once, and the connection comes back", async (t) => {
  let valid = "t1";
  const server = await startServer(t, {
    authenticate: (token) => {
      if (token === valid) return "ann";
      throw new Error("expired");
    },
  });
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  let asked = 0;
  const credentials = () => {
    asked++;
    return valid;
  };
  const ann = record(t, { userId: "ann", services: [proxy.address], credentials });
  await ann.client.connect();
  assert.equal(asked, 1);
  valid = "t2";
  proxy.cut();
  await ann.until((recorder) => recorder.of("connect").length === 2);
  assert.equal(asked, 2);
});

test("on a transport of one's own the client reconnects by a new stream", async (t) => {
  const server = await startServer(t);
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  const transport = createStreamTransport({ baseUrl: `http://${proxy.address}` });
  const client = ImClient.withTransport(transport, { userId: "ann", defaultRoomId: "lobby", retryIntervalMs: 20 });
  t.after(() => client.disconnect());
  const ann = new Recorder(client);
  await client.connect();
  await client.sendTextMessage("lobby", "1");
  proxy.cut();
  await ann.until((recorder) => recorder.of("connect").length === 2);
  await client.sendTextMessage("lobby", "2");
  await ann.until(({ texts }) => texts.length === 2);
  assert.deepEqual(ann.texts, ["1", "2"]);
});

test("setServices moves the next connection, and the stream that is up stays", async (t) => {
  const first = await startImServer();
  const second = await startServer(t);
  const ann = record(t, { userId: "ann", services: [`127.0.0.1:${first.port}`] });
  await ann.client.connect();
  ann.client.setServices([`127.0.0.1:${second.port}`]);
  assert.equal(ann.client.instances.list[0]?.port, second.port);
  assert.equal((await ann.client.healthCheck()).status, 1);
  assert.equal(ann.of("disconnect").length, 0);
  await first.close();
  await ann.until((recorder) => recorder.of("connect").length === 2);
  assert.equal(ann.of("connect")[1]?.instance?.port, second.port);
});

test("a call made while reconnecting waits for the next connection, within its deadline", async (t) => {
  const server = await startServer(t);
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  const ann = record(t, { userId: "ann", services: [proxy.address], maxRetries: Number.POSITIVE_INFINITY });
  await ann.client.connect();
  proxy.refuse();
  proxy.cut();
  await ann.until(({ client }) => client.state === "reconnecting");
  await assert.rejects(ann.client.joinRoom("r", {}, { timeoutMs: 30 }), hasCode("deadline_exceeded"));
  await assert.rejects(ann.client.sendTextMessage("r", "x", { timeoutMs: 30 }), hasCode("expired"));
  const joining = ann.client.joinRoom("r");
  await proxy.accept();
  assert.deepEqual((await joining).onlineUsers, ["ann"]);
});
