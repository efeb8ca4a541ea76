import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Client, Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { IMService, type MessageRequest, MessageType } from "@im-sdk/gen";
import { ManualClock, startFaultProxy } from "@im-sdk/testing";
import { ManualInput } from "../test-kit/manual-input.ts";
import { servePlain } from "../test-kit/serve.ts";
import { ourTransport, request, theirTransport } from "../test-kit/transports.ts";
import { settle, until } from "../test-kit/until.ts";
import { interceptTransport } from "../transport/intercepted-transport.ts";
import { createHeartbeatInterceptor } from "./heartbeat-interceptor.ts";

const intervalMs = 30_000;
const timeoutMs = 10_000;

/** A raw stub with heartbeats over a proxy, to a plain server that echoes everything but heartbeats. */
async function setUp(t: TestContext, { withCheck = true, wrap = [] as Interceptor[] } = {}) {
  const received: MessageRequest[] = [];
  let healthChecks = 0;
  const server = await servePlain({
    async *streamMessages(messages) {
      for await (const message of messages) {
        received.push(message);
        if (message.type !== MessageType.HEARTBEAT) yield { messageId: message.messageId };
      }
    },
    async uploadAudio(messages) {
      for await (const _ of messages);
      return { audioId: "a" };
    },
    async healthCheck() {
      healthChecks++;
      return {};
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const proxy = await startFaultProxy(server.address);
  t.after(() => proxy.close());
  const clock = new ManualClock();
  const checks: Promise<unknown>[] = [];
  const interceptors: Interceptor[] = [
    createHeartbeatInterceptor({
      userId: "ann",
      intervalMs,
      timeoutMs,
      clock,
      ...(withCheck
        ? {
            check(signal: AbortSignal) {
              const answer: Promise<unknown> = client.healthCheck({}, { signal });
              checks.push(answer);
              return answer;
            },
          }
        : {}),
    }),
    ...wrap,
  ];
  const client: Client<typeof IMService> = createClient(
    IMService,
    ourTransport(t, `http://${proxy.address}`, { interceptors }),
  );
  const input = new ManualInput();
  const caller = new AbortController();
  const open = async () => {
    const messages = client.streamMessages(input, { signal: caller.signal })[Symbol.asyncIterator]();
    const first = messages.next();
    input.push(request("hello"));
    assert.equal((await first).value?.messageId, "hello");
    return messages;
  };
  return { server, proxy, clock, client, input, caller, received, checks, open, healthChecks: () => healthChecks };
}

test("a silent conversation gets a heartbeat of the contract: HEARTBEAT, from the user, with `ping` in it", async (t) => {
  const { clock, open, received } = await setUp(t);
  await open();
  await clock.advance(intervalMs - 1);
  await settle();
  assert.equal(received.length, 1);
  await clock.advance(1);
  await until(() => received.length === 2);
  const beat = received[1];
  assert.deepEqual(
    [beat?.type, beat?.userId, Buffer.from(beat?.content ?? []).toString()],
    [MessageType.HEARTBEAT, "ann", "ping"],
  );
  assert.match(beat?.messageId ?? "", /^[0-9a-f-]{36}$/);
});

test("a black-holed connection is UNAVAILABLE after interval and timeout, not a millisecond sooner", async (t) => {
  const { clock, open, proxy } = await setUp(t);
  const messages = await open();
  proxy.stall();
  const failures: unknown[] = [];
  messages.next().catch((error: unknown) => failures.push(error));
  await clock.advance(intervalMs + timeoutMs - 1);
  await settle();
  assert.equal(failures.length, 0);
  await clock.advance(1);
  await until(() => failures.length > 0);
  const [outcome] = failures;
  assert.ok(outcome instanceof ConnectError);
  assert.equal(outcome.code, Code.Unavailable);
  assert.ok(outcome.rawMessage.includes(String(intervalMs + timeoutMs)));
  assert.equal(clock.pending, 0);
});

test("a stream that never got its head is given up with UNAVAILABLE as well", async (t) => {
  const { clock, client, proxy, input } = await setUp(t);
  await client.healthCheck({});
  proxy.stall();
  const call = client.streamMessages(input)[Symbol.asyncIterator]().next();
  call.catch(() => {});
  await until(() => input.pulls > 0);
  await clock.advance(intervalMs + timeoutMs);
  await assert.rejects(call, (error) => error instanceof ConnectError && error.code === Code.Unavailable);
});

test("a plain server that answers no heartbeat, but HealthCheck, is not taken for dead", async (t) => {
  const { clock, open, input, checks, healthChecks, received } = await setUp(t);
  const messages = await open();
  const next = messages.next();
  for (let round = 1; round <= 5; round++) {
    await clock.advance(intervalMs + timeoutMs / 2);
    assert.equal(checks.length, round);
    await checks[round - 1];
    await settle();
  }
  assert.equal(healthChecks(), 5);
  assert.equal(received.filter(({ type }) => type === MessageType.HEARTBEAT).length >= 5, true);
  input.push(request("still here"));
  assert.equal((await next).value?.messageId, "still here");
});

test("a conversation in which the server talks is never asked about", async (t) => {
  const { clock, open, input, checks } = await setUp(t);
  const messages = await open();
  for (let round = 0; round < 10; round++) {
    await clock.advance(intervalMs - 1);
    input.push(request(String(round)));
    await messages.next();
  }
  assert.equal(checks.length, 0);
});

test("a message sent is reason enough not to send a heartbeat", async (t) => {
  const { clock, open, input, received } = await setUp(t, { withCheck: false });
  await open();
  for (let round = 0; round < 4; round++) {
    await clock.advance(intervalMs - 1);
    input.push(request(String(round)));
    await until(() => received.length === round + 2);
  }
  assert.equal(
    received.some(({ type }) => type === MessageType.HEARTBEAT),
    false,
  );
});

test("without a check a silent stream is never given up", async (t) => {
  const { clock, open, input, proxy } = await setUp(t, { withCheck: false });
  const messages = await open();
  proxy.stall();
  const next = messages.next();
  await clock.advance(100 * intervalMs);
  proxy.resume();
  input.push(request("back"));
  assert.equal((await next).value?.messageId, "back");
});

test("whichever way a stream ends, no timer stays", async (t) => {
  const ended = await setUp(t);
  const messages = await ended.open();
  assert.equal(ended.clock.pending, 1);
  ended.input.end();
  assert.equal((await messages.next()).done, true);
  assert.equal(ended.clock.pending, 0);

  const cancelled = await setUp(t);
  const left = (await cancelled.open()).next();
  cancelled.caller.abort();
  await assert.rejects(left);
  assert.equal(cancelled.clock.pending, 0);

  const broken = await setUp(t);
  const lost = (await broken.open()).next();
  broken.proxy.cut();
  await assert.rejects(lost);
  assert.equal(broken.clock.pending, 0);

  const refuse: Interceptor = (next) => (call) => (call.stream ? Promise.reject(new Error("no")) : next(call));
  const refused = await setUp(t, { wrap: [refuse] });
  await assert.rejects(refused.open());
  assert.equal(refused.clock.pending, 0);

  const early = await setUp(t);
  early.caller.abort();
  await assert.rejects(early.open());
  assert.equal(early.clock.pending, 0);
});

test("other calls pass untouched", async (t) => {
  const { client, clock } = await setUp(t);
  const during: number[] = [];
  async function* upload() {
    during.push(clock.pending);
    yield { data: { case: "chunk" as const, value: new Uint8Array(1) } };
  }
  assert.equal((await client.uploadAudio(upload())).audioId, "a");
  await client.healthCheck({});
  assert.deepEqual([during, clock.pending], [[0], 0]);
});

test("it serves connect-node's own transport as well", async (t) => {
  const received: MessageRequest[] = [];
  await using server = await servePlain({
    async *streamMessages(messages) {
      for await (const message of messages) {
        received.push(message);
        yield { messageId: message.messageId };
      }
    },
  });
  const clock = new ManualClock();
  const heartbeat = createHeartbeatInterceptor({ userId: "ann", clock });
  const client = createClient(
    IMService,
    interceptTransport(theirTransport(t, `http://${server.address}`), [heartbeat]),
  );
  const input = new ManualInput();
  const messages = client.streamMessages(input)[Symbol.asyncIterator]();
  const first = messages.next();
  input.push(request("a"));
  await first;
  await clock.advance(30_000);
  await until(() => received.length === 2);
  assert.equal(received[1]?.type, MessageType.HEARTBEAT);
  input.end();
  for (let result = await messages.next(); result.done !== true; result = await messages.next());
  assert.equal(clock.pending, 0);
});
