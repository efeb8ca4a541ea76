import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Code, ConnectError, createClient, type HandlerContext } from "@connectrpc/connect";
import { IMService } from "@im-sdk/gen";
import { ManualClock, startFaultProxy } from "@im-sdk/testing";
import { servePlain } from "../test-kit/serve.ts";
import { ourTransport } from "../test-kit/transports.ts";
import { settle, until } from "../test-kit/until.ts";
import { createRetryInterceptor, type RetryInterceptorOptions } from "./retry-interceptor.ts";

type Step = ConnectError | "ok" | "hang";

/** A server that does one step of the script for each attempt, then always the last. Delays are half of their bound. */
async function setUp(t: TestContext, script: Step[], options: RetryInterceptorOptions = {}) {
  const clock = new ManualClock();
  const attempts: { atMs: number; timeout: string | null }[] = [];
  async function play(context: HandlerContext) {
    const step = script[Math.min(attempts.length, script.length - 1)];
    attempts.push({ atMs: clock.now(), timeout: context.requestHeader.get("grpc-timeout") });
    if (step instanceof ConnectError) throw step;
    if (step === "hang") await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    return {};
  }
  const server = await servePlain({
    getRoomInfo: (_, context) => play(context),
    sendMessage: (_, context) => play(context),
    async *streamMessages(_, context) {
      await play(context);
      yield {};
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const proxy = await startFaultProxy(server.address);
  t.after(() => proxy.close());
  const retry = createRetryInterceptor({ clock, random: () => 0.5, ...options });
  const transport = ourTransport(t, `http://${proxy.address}`, { interceptors: [retry] });
  return { client: createClient(IMService, transport), clock, attempts, proxy };
}

/** Waits for the next delay and lets it pass; it must take exactly so long. */
async function passDelay(
  { clock, attempts }: { clock: ManualClock; attempts: unknown[] },
  delayMs: number,
): Promise<void> {
  await until(() => clock.pending === 1);
  const before = attempts.length;
  await clock.advance(delayMs - 1);
  await settle();
  assert.equal(attempts.length, before);
  assert.equal(clock.pending, 1, `the delay is shorter than ${delayMs} ms`);
  await clock.advance(1);
  await until(() => attempts.length === before + 1);
}

function failure(code: Code, pushback?: string): ConnectError {
  return new ConnectError("scripted", code, pushback === undefined ? {} : { "grpc-retry-pushback-ms": pushback });
}

const unavailable = failure(Code.Unavailable);
const isCode = (code: Code) => (error: unknown) => error instanceof ConnectError && error.code === code;

test("an idempotent call is tried again, with delays that double, until it succeeds", async (t) => {
  const set = await setUp(t, [unavailable, unavailable, unavailable, "ok"]);
  const call = set.client.getRoomInfo({});
  for (const delayMs of [50, 100, 200]) await passDelay(set, delayMs);
  await call;
  assert.deepEqual(
    set.attempts.map(({ atMs }) => atMs),
    [0, 50, 150, 350],
  );
  assert.equal(set.clock.pending, 0);
});

test("after maxAttempts the last error is the call's", async (t) => {
  const set = await setUp(t, [unavailable, failure(Code.Aborted)], { maxAttempts: 2 });
  const call = set.client.getRoomInfo({});
  call.catch(() => {});
  await passDelay(set, 50);
  await assert.rejects(call, isCode(Code.Aborted));
  assert.equal(set.attempts.length, 2);
});

test("no delay is longer than maxDelayMs", async (t) => {
  const set = await setUp(t, [unavailable, unavailable, unavailable, "ok"], { baseDelayMs: 1_000, maxDelayMs: 1_500 });
  const call = set.client.getRoomInfo({});
  for (const delayMs of [500, 750, 750]) await passDelay(set, delayMs);
  await call;
});

test("SendMessage is tried again with a message id where the server keeps one copy, and not otherwise", async (t) => {
  const plain = await setUp(t, [unavailable, "ok"]);
  await assert.rejects(plain.client.sendMessage({ messageId: "m1" }), isCode(Code.Unavailable));

  const withId = await setUp(t, [unavailable, "ok"], { dedupesMessages: () => true });
  const call = withId.client.sendMessage({ messageId: "m1" });
  await passDelay(withId, 50);
  await call;

  const without = await setUp(t, [unavailable, "ok"], { dedupesMessages: () => true });
  await assert.rejects(without.client.sendMessage({}), isCode(Code.Unavailable));
  assert.equal(without.attempts.length, 1);
});

test("a stream is not tried again", async (t) => {
  const set = await setUp(t, [unavailable, "ok"]);
  const messages = set.client.streamMessages((async function* () {})())[Symbol.asyncIterator]();
  await assert.rejects(messages.next(), isCode(Code.Unavailable));
  assert.deepEqual([set.attempts.length, set.clock.pending], [1, 0]);
});

for (const code of [Code.Unavailable, Code.Aborted, Code.Canceled]) {
  test(`${Code[code]} from the server is tried again`, async (t) => {
    const set = await setUp(t, [failure(code), "ok"]);
    const call = set.client.getRoomInfo({});
    await passDelay(set, 50);
    await call;
  });
}

const finals = [
  Code.InvalidArgument,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.NotFound,
  Code.Internal,
  Code.Unknown,
  Code.ResourceExhausted,
  Code.DeadlineExceeded,
];

for (const code of finals) {
  test(`${Code[code]} is final`, async (t) => {
    const set = await setUp(t, [failure(code), "ok"]);
    await assert.rejects(set.client.getRoomInfo({}), isCode(code));
    assert.equal(set.attempts.length, 1);
  });
}

test("a connection that breaks under a call is one more reason to try again", async (t) => {
  const set = await setUp(t, ["hang", "ok"]);
  const call = set.client.getRoomInfo({});
  await until(() => set.attempts.length === 1);
  set.proxy.cut();
  await passDelay(set, 50);
  await call;
});

test("a pushback takes the place of the delay, and lets RESOURCE_EXHAUSTED be tried again", async (t) => {
  const script = [failure(Code.Unavailable, "700"), failure(Code.ResourceExhausted, "1234"), "ok" as const];
  const set = await setUp(t, script);
  const call = set.client.getRoomInfo({});
  await passDelay(set, 700);
  await passDelay(set, 1_234);
  await call;
});

test("a pushback that is negative or no number forbids the retry, and none makes a final error retryable", async (t) => {
  for (const [code, pushback] of [
    [Code.Unavailable, "-1"],
    [Code.Unavailable, "soon"],
    [Code.InvalidArgument, "10"],
  ] as const) {
    const set = await setUp(t, [failure(code, pushback), "ok"]);
    await assert.rejects(set.client.getRoomInfo({}), isCode(code));
    assert.equal(set.attempts.length, 1);
  }
});

test("grpc-timeout shrinks by what has passed", async (t) => {
  const set = await setUp(t, [unavailable, failure(Code.Unavailable, "9000"), "ok"]);
  const call = set.client.getRoomInfo({}, { timeoutMs: 600_000 });
  await passDelay(set, 50);
  await passDelay(set, 9_000);
  await call;
  assert.deepEqual(
    set.attempts.map(({ timeout }) => timeout),
    ["600000m", "599950m", "590950m"],
  );
});

test("without a deadline no grpc-timeout is sent", async (t) => {
  const set = await setUp(t, [unavailable, "ok"]);
  const call = set.client.getRoomInfo({});
  await passDelay(set, 50);
  await call;
  assert.deepEqual(
    set.attempts.map(({ timeout }) => timeout),
    [null, null],
  );
});

test("no wait outlasts the deadline: the call fails with what it has, at once", async (t) => {
  for (const script of [[unavailable], [failure(Code.Unavailable, "600000")]]) {
    const set = await setUp(t, script, { baseDelayMs: 1_200_000, maxDelayMs: 1_200_000 });
    await assert.rejects(set.client.getRoomInfo({}, { timeoutMs: 600_000 }), isCode(Code.Unavailable));
    assert.deepEqual([set.attempts.length, set.clock.pending], [1, 0]);
  }
  const set = await setUp(t, [failure(Code.Unavailable, "599999"), "ok"]);
  const call = set.client.getRoomInfo({}, { timeoutMs: 600_000 });
  await passDelay(set, 599_999);
  await call;
  assert.equal(set.attempts[1]?.timeout, "1m");
});

test("an attempt that takes too long is given up and tried again", async (t) => {
  const set = await setUp(t, ["hang", "ok"], { attemptTimeoutMs: 200_000 });
  const call = set.client.getRoomInfo({}, { timeoutMs: 600_000 });
  await until(() => set.attempts.length === 1);
  await set.clock.advance(199_999);
  await settle();
  assert.equal(set.clock.pending, 1);
  await set.clock.advance(1);
  await passDelay(set, 50);
  await call;
  assert.deepEqual(
    set.attempts.map(({ timeout }) => timeout),
    ["200000m", "200000m"],
  );
  assert.equal(set.clock.pending, 0);
});

test("the last attempt has only what is left of the call's deadline", async (t) => {
  const set = await setUp(t, ["hang", "ok"], { attemptTimeoutMs: 400_000 });
  const call = set.client.getRoomInfo({}, { timeoutMs: 600_000 });
  await until(() => set.attempts.length === 1);
  await set.clock.advance(400_000);
  await passDelay(set, 50);
  await call;
  assert.equal(set.attempts[1]?.timeout, "199950m");
});

test("every attempt timing out ends in DEADLINE_EXCEEDED", async (t) => {
  const set = await setUp(t, ["hang"], { attemptTimeoutMs: 1_000, maxAttempts: 2 });
  const call = set.client.getRoomInfo({});
  call.catch(() => {});
  await until(() => set.attempts.length === 1);
  await set.clock.advance(1_000);
  await passDelay(set, 50);
  await set.clock.advance(1_000);
  await assert.rejects(call, isCode(Code.DeadlineExceeded));
});

test("the caller's cancel ends the delay and leaves no timer", async (t) => {
  const set = await setUp(t, [unavailable]);
  const caller = new AbortController();
  const call = set.client.getRoomInfo({}, { signal: caller.signal });
  call.catch(() => {});
  await until(() => set.clock.pending === 1);
  caller.abort();
  await assert.rejects(call, isCode(Code.Canceled));
  assert.deepEqual([set.attempts.length, set.clock.pending], [1, 0]);
});

test("the caller's cancel ends an attempt, and there is no other", async (t) => {
  const set = await setUp(t, ["hang", "ok"], { attemptTimeoutMs: 60_000 });
  const caller = new AbortController();
  const call = set.client.getRoomInfo({}, { signal: caller.signal });
  call.catch(() => {});
  await until(() => set.attempts.length === 1);
  caller.abort();
  await assert.rejects(call, isCode(Code.Canceled));
  await settle();
  assert.deepEqual([set.attempts.length, set.clock.pending], [1, 0]);
});

test("calls share a budget: once it is used up failures are final, and successes fill it again", async (t) => {
  const script: Step[] = [unavailable, unavailable, unavailable, "ok", "ok", "ok", unavailable, "ok"];
  const set = await setUp(t, script, { budget: { maxTokens: 4, tokenRatio: 1 } });
  const first = set.client.getRoomInfo({});
  first.catch(() => {});
  await passDelay(set, 50);
  await assert.rejects(first, isCode(Code.Unavailable));
  assert.equal(set.attempts.length, 2);
  await assert.rejects(set.client.getRoomInfo({}), isCode(Code.Unavailable));
  assert.equal(set.attempts.length, 3);
  for (let success = 0; success < 3; success++) await set.client.getRoomInfo({});
  const last = set.client.getRoomInfo({});
  await passDelay(set, 50);
  await last;
  assert.equal(set.attempts.length, 8);
});

test("calls that their callers give up cost the budget nothing", async (t) => {
  const set = await setUp(t, ["hang", "hang", "hang", unavailable, "ok"], { budget: { maxTokens: 4 } });
  for (let count = 1; count <= 3; count++) {
    const caller = new AbortController();
    const call = set.client.getRoomInfo({}, { signal: caller.signal });
    call.catch(() => {});
    await until(() => set.attempts.length === count);
    caller.abort();
    await assert.rejects(call, isCode(Code.Canceled));
  }
  const last = set.client.getRoomInfo({});
  await passDelay(set, 50);
  await last;
});

test("a final error costs the budget nothing", async (t) => {
  const script: Step[] = [failure(Code.NotFound), failure(Code.NotFound), unavailable, "ok"];
  const set = await setUp(t, script, { budget: { maxTokens: 4 } });
  for (let call = 0; call < 2; call++) await assert.rejects(set.client.getRoomInfo({}), isCode(Code.NotFound));
  const last = set.client.getRoomInfo({});
  await passDelay(set, 50);
  await last;
});
