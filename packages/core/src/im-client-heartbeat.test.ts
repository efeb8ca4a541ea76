// Whether a client tells a dead peer from a quiet one, over real sockets and processes. Its clock is the test's.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { Interceptor } from "@connectrpc/connect";
import { HealthStatus, IMService, type MessageRequest, MessageType } from "@im-sdk/gen";
import { startImServer } from "@im-sdk/server";
import { type FaultDirection, ManualClock, startFaultProxy } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { startImServerProcess } from "./test-kit/im-server-process.ts";
import { startPlainRoom } from "./test-kit/plain-room.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { servePlain } from "./test-kit/serve.ts";
import { settle, until } from "./test-kit/until.ts";

const heartbeatIntervalMs = 30_000;
const heartbeatTimeoutMs = 10_000;

/** A client that tries its instances in order, and says how often HealthCheck was asked and answered. */
function record(t: TestContext, options: Partial<ImClientOptions>) {
  const clock = new ManualClock();
  let questions = 0;
  let answers = 0;
  const countChecks: Interceptor = (next) => async (request) => {
    if (request.method !== IMService.method.healthCheck) return next(request);
    questions++;
    const response = await next(request);
    answers++;
    return response;
  };
  const client = new ImClient({
    userId: "ann",
    defaultRoomId: "lobby",
    heartbeatIntervalMs,
    heartbeatTimeoutMs,
    clock,
    random: () => 0,
    interceptors: [countChecks],
    ...options,
  });
  t.after(async () => {
    const disconnecting = client.disconnect({ timeoutMs: 1 });
    await clock.advance(1_000);
    await disconnecting;
  });
  return Object.assign(new Recorder(client), { client, clock, questions: () => questions, answers: () => answers });
}

/** The first instance is silent from now on: it is left for the second when interval and timeout have passed, and not before. */
async function isLeftInTime(ann: ReturnType<typeof record>, services: readonly string[]): Promise<void> {
  await ann.clock.advance(heartbeatIntervalMs + heartbeatTimeoutMs - 1);
  await settle();
  assert.deepEqual(ann.of("disconnect"), []);
  await ann.clock.advance(1);
  await ann.until(({ servedBy }) => servedBy.length === 2);
  hasCode("unavailable", "no sign of life")(ann.of("disconnect")[0]);
  assert.deepEqual(ann.servedBy, services);
}

/** Nothing is under way any more on a connection that works. */
async function comeToRest(ann: Recorder, client: ImClient): Promise<void> {
  await client.sendTextMessage("lobby", "hello");
  await ann.until(({ texts }) => texts.length === 1);
}

/** Waits for something, while the first connection must last. */
function untilThough(ann: Recorder, condition: () => boolean): Promise<void> {
  return until(() => {
    assert.deepEqual(ann.of("disconnect"), []);
    return condition();
  });
}

for (const direction of ["both", "up", "down"] as FaultDirection[]) {
  test(`a connection that lets nothing through (${direction}) is replaced after interval and timeout, not a millisecond sooner`, async (t) => {
    const server = await startImServer();
    t.after(() => server.close());
    const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
    t.after(() => proxy.close());
    const services = [proxy.address, `127.0.0.1:${server.port}`];
    const ann = record(t, { services });
    await ann.client.connect();
    await comeToRest(ann, ann.client);
    proxy.stall(direction);
    await isLeftInTime(ann, services);
    assert.equal((await ann.client.sendTextMessage("lobby", "here")).delivery, "acknowledged");
  });
}

test("a server process that was stopped is left for another instance", async (t) => {
  const stopped = await startImServerProcess();
  t.after(() => stopped.kill());
  const server = await startImServer();
  t.after(() => server.close());
  const services = [stopped.address, `127.0.0.1:${server.port}`];
  const ann = record(t, { services });
  await ann.client.connect();
  await comeToRest(ann, ann.client);
  stopped.pause();
  await isLeftInTime(ann, services);
  assert.equal((await ann.client.sendTextMessage("lobby", "here")).delivery, "acknowledged");
});

test("a plain server that never answers a heartbeat is not taken for dead in 20 intervals", async (t) => {
  const room = await startPlainRoom();
  t.after(() => room[Symbol.asyncDispose]());
  const ann = record(t, { services: [room.address] });
  await ann.client.connect();
  for (let round = 1; round <= 20; round++) {
    await ann.clock.advance(heartbeatIntervalMs + heartbeatTimeoutMs / 2);
    // The first was asked by `connect()`.
    await untilThough(ann, () => ann.answers() === 1 + round);
    await settle();
  }
  await room.until(({ requests }) => requests.filter(({ type }) => type === MessageType.HEARTBEAT).length >= 20);
  assert.deepEqual([ann.of("disconnect"), ann.servedBy.length], [[], 1]);
});

test("while a slow consumer pauses the stream heartbeats go on, and the connection is not taken for dead", async (t) => {
  const count = 3_000;
  // Nothing that compression makes small.
  const content = randomBytes(16_000);
  const heard: MessageRequest[] = [];
  let written = 0;
  const server = await servePlain({
    healthCheck: () => ({ status: HealthStatus.SERVING }),
    async *streamMessages(requests) {
      void (async () => {
        for await (const request of requests) heard.push(request);
      })().catch(() => {});
      for (; written < count; written++) {
        yield { messageId: `${written}`, roomId: "lobby", fromUserId: "bob", type: MessageType.TEXT, content };
      }
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const letGo = Promise.withResolvers<void>();
  const handled: string[] = [];
  const ann = record(t, {
    services: [server.address],
    async onMessage({ id }) {
      handled.push(id);
      await letGo.promise;
    },
  });
  await ann.client.connect();
  const beats = () => heard.filter(({ type }) => type === MessageType.HEARTBEAT).length;
  // What fills the windows and buffers on the way comes at any time, and is sign enough; so the clock goes in steps that are
  // smaller than the time that a question has.
  while (ann.answers() < 10) {
    await ann.clock.advance(heartbeatTimeoutMs / 4);
    await settle();
    await untilThough(ann, () => ann.answers() === ann.questions());
  }
  await untilThough(ann, () => beats() >= 9);
  assert.deepEqual([ann.of("disconnect"), handled], [[], ["0"]]);
  assert.ok(written < (count * 2) / 3, `the server could write ${written} of ${count}`);
  letGo.resolve();
  await until(() => handled.length === count);
  assert.deepEqual(
    handled,
    Array.from({ length: count }, (_, n) => `${n}`),
  );
  assert.deepEqual(ann.of("gap"), []);
});
