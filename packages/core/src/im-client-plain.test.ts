import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRouterTransport } from "@connectrpc/connect";
import { IMService, type MessageRequest, type MessageResponse, MessageType } from "@im-sdk/gen";
import { startFaultProxy } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { startPlainRoom } from "./test-kit/plain-room.ts";
import { Recorder } from "./test-kit/recorder.ts";

async function setup(t: TestContext, options: Partial<ImClientOptions> = {}) {
  const room = await startPlainRoom();
  t.after(() => room[Symbol.asyncDispose]());
  const proxy = await startFaultProxy(room.address);
  t.after(() => proxy.close());
  const client = new ImClient({
    userId: "ann",
    defaultRoomId: "lobby",
    services: [proxy.address],
    retryIntervalMs: 20,
    ...options,
  });
  t.after(() => client.disconnect({ timeoutMs: 1 }));
  return { room, proxy, client, recorder: new Recorder(client) };
}

test("connect does not wait for headers that a plain server sends with its first message only", async (t) => {
  const { client, room } = await setup(t);
  await client.connect();
  assert.equal(client.isConnected, true);
  await room.until(({ headers }) => headers.length === 1);
  assert.equal(room.headers[0]?.get("user-id"), "ann");
  assert.equal(room.headers[0]?.get("room-id"), "lobby");
  assert.deepEqual(room.requests, []);
});

test("a plain server makes receipts that say written, and no more", async (t) => {
  const { client, recorder, room } = await setup(t);
  await client.connect();
  const receipt = await client.sendTextMessage("lobby", "hello");
  assert.deepEqual(receipt, { messageId: receipt.messageId, delivery: "written" });
  await recorder.until(({ texts }) => texts.length === 1);
  assert.equal(room.requests[0]?.ackRequired, false);
  assert.equal(Buffer.from(room.requests[0]?.content ?? []).toString(), "hello");
  assert.equal(recorder.of("message")[0]?.sequence, undefined);
});

test("after a reconnect to a plain server every room is joined again by a call, and each has a gap of unknown extent", async (t) => {
  const { client, recorder, room, proxy } = await setup(t);
  await client.connect();
  await client.joinRoom("second");
  await client.sendTextMessage("lobby", "1");
  proxy.cut();
  await recorder.until((r) => r.of("connect").length === 2);
  await room.until(({ joins }) => joins.length === 2);
  assert.deepEqual(room.joins, ["second", "second"]);
  assert.equal(room.headers[1]?.get("room-id"), "lobby");
  assert.deepEqual(recorder.of("gap"), [
    { roomId: "lobby", reason: "no_cursor", after: undefined, upTo: undefined },
    { roomId: "second", reason: "no_cursor", after: undefined, upTo: undefined },
  ]);
  await client.sendTextMessage("lobby", "2");
  await recorder.until(({ texts }) => texts.includes("2"));
});

test("a message that comes again from a plain server is dropped by its id", async (t) => {
  const { client, recorder } = await setup(t);
  await client.connect();
  await client.sendTextMessage("lobby", "once", { messageId: "m1" });
  await client.sendTextMessage("lobby", "again", { messageId: "m1" });
  await client.sendTextMessage("lobby", "end");
  await recorder.until(({ texts }) => texts.includes("end"));
  assert.deepEqual(recorder.texts, ["once", "end"]);
});

test("a plain server learns ids outside ASCII from the first frame", async (t) => {
  const { client, room } = await setup(t, { userId: "张三", defaultRoomId: "大厅" });
  await client.connect();
  await room.until(({ requests }) => requests.length === 1);
  const [first] = room.requests;
  assert.equal(first?.type, MessageType.JOIN_ROOM);
  assert.equal(first?.userId, "张三");
  assert.equal(first?.roomId, "大厅");
  assert.equal(Buffer.from(room.headers[0]?.get("user-id-bin") ?? "", "base64").toString(), "张三");
});

test("what had not left when the stream to a plain server broke goes out on the next one, and nothing is sent twice", async (t) => {
  const { client, room, proxy, recorder } = await setup(t, { maxRetries: Number.POSITIVE_INFINITY });
  await client.connect();
  proxy.stall("up");
  // More than the windows and buffers between here and there hold.
  const sends = Array.from({ length: 200 }, (_, n) =>
    client.sendMessage({ type: "text", content: `${n} ${"x".repeat(200_000)}`, timeoutMs: 60_000 }),
  );
  const outcomes = Promise.allSettled(sends);
  await Promise.race(sends);
  proxy.refuse();
  proxy.cut();
  proxy.resume();
  await recorder.until((r) => r.of("disconnect").length === 1);
  await proxy.accept();
  await recorder.until((r) => r.of("connect").length === 2);
  const settled = await outcomes;
  for (const outcome of settled) if (outcome.status === "rejected") hasCode("unknown")(outcome.reason);
  assert.ok(room.headers.length === 2 && room.requests.length > 0);
  await client.sendTextMessage("lobby", "end");
  await room.until(({ requests }) => Buffer.from(requests.at(-1)?.content ?? []).toString() === "end");
  const ids = room.requests.map(({ messageId }) => messageId);
  assert.equal(new Set(ids).size, ids.length, "a message was sent twice");
});

test("a server without HealthCheck behind a transport that speaks another protocol than gRPC is one to talk to", async () => {
  const streamMessages = (frames: AsyncIterable<MessageRequest>) => answers(frames);
  const transport = createRouterTransport((router) => router.service(IMService, { streamMessages }));
  await using client = ImClient.withTransport(transport, { userId: "ann", maxRetries: 0 });
  await client.connect();
  assert.equal(client.isConnected, true);
});

/** Says nothing. */
async function* answers(frames: AsyncIterable<MessageRequest>): AsyncGenerator<MessageResponse> {
  for await (const _ of frames) yield* [];
}
