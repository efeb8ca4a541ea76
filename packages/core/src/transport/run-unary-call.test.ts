import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createContextValues, type Interceptor, type UnaryRequest } from "@connectrpc/connect";
import { runUnaryCall as theirs } from "@connectrpc/connect/protocol";
import { HealthCheckResponseSchema, IMService } from "@im-sdk/gen";
import { outcomeOf } from "../test-kit/unary-calls.ts";
import { runUnaryCall, type UnaryCall } from "./run-unary-call.ts";

const method = IMService.method.healthCheck;
type Call = UnaryCall<typeof method.input, typeof method.output>;
type Request = UnaryRequest<typeof method.input, typeof method.output>;

/** A call that nothing goes wrong with. */
function callOf(more: Partial<Call> = {}): Call {
  return {
    interceptors: [],
    req: {
      stream: false,
      service: method.parent,
      method,
      requestMethod: "POST",
      url: "http://im/x",
      header: new Headers(),
      contextValues: createContextValues(),
      message: { service: "im" },
    },
    next: async () => responseOf("m"),
    ...more,
  };
}

function responseOf(message: string) {
  return {
    stream: false as const,
    service: method.parent,
    method,
    header: new Headers(),
    message: create(HealthCheckResponseSchema, { message }),
    trailer: new Headers(),
  };
}

/** Waits for nothing but its signal. */
const waits = ({ signal }: Request) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(new Error("something else")));
  });

const runners: [string, typeof runUnaryCall][] = [
  ["ours", runUnaryCall],
  ["connect's", (call) => theirs(call as unknown as Parameters<typeof theirs>[0]) as never],
];

for (const [whose, run] of runners) {
  test(`${whose}: interceptors go from the first to the last, and see a whole message`, async () => {
    const seen: string[] = [];
    const named =
      (name: string): Interceptor =>
      (next) =>
      async (request) => {
        if (!request.stream) seen.push(`${name} ${request.message.$typeName}`);
        const response = await next(request);
        seen.push(`${name} back`);
        return response;
      };
    assert.equal((await run(callOf({ interceptors: [named("a"), named("b")] }))).message.message, "m");
    assert.deepEqual(seen, ["a im.v1.HealthCheckRequest", "b im.v1.HealthCheckRequest", "b back", "a back"]);
  });

  test(`${whose}: the signal of a call is aborted when it is over, with why`, async () => {
    const reasons: unknown[] = [];
    let reasonBefore: unknown;
    const watch: Interceptor = (next) => (request) => {
      reasonBefore = request.signal.reason;
      request.signal.addEventListener("abort", () => reasons.push(request.signal.reason));
      return next(request);
    };
    await run(callOf({ interceptors: [watch] }));
    const error = new ConnectError("no", Code.NotFound);
    await assert.rejects(run(callOf({ interceptors: [watch], next: () => Promise.reject(error) })), error);
    assert.equal(reasonBefore, undefined);
    assert.equal((reasons[0] as Error).name, "AbortError");
    assert.equal(reasons[1], error);
  });

  test(`${whose}: what a step throws becomes a ConnectError; an aborted signal says it better`, async () => {
    const thrown = await outcomeOf(run(callOf({ next: () => Promise.reject(new Error("odd")) })));
    assert.deepEqual([thrown.code, thrown.text], ["Unknown", "odd"]);

    for (const [reason, code] of [
      [new Error("enough"), "Canceled"],
      [new ConnectError("enough", Code.DataLoss), "DataLoss"],
    ] as const) {
      const caller = new AbortController();
      const idle: Interceptor = (next) => next;
      const call = outcomeOf(run(callOf({ signal: caller.signal, interceptors: [idle], next: waits })));
      caller.abort(reason);
      const ended = await call;
      assert.deepEqual([ended.code, ended.text], [code, "enough"]);
      const late = await outcomeOf(run(callOf({ signal: caller.signal, interceptors: [idle], next: waits })));
      assert.deepEqual([late.code, late.text], [code, "enough"]);
    }
  });

  test(`${whose}: the deadline aborts the signal with DEADLINE_EXCEEDED`, async () => {
    const { code, text } = await outcomeOf(run(callOf({ timeoutMs: 1, next: waits })));
    assert.deepEqual([code, text], ["DeadlineExceeded", "the operation timed out"]);
  });

  test(`${whose}: an interceptor that answers although the signal is aborted has the last word`, async () => {
    const fallback: Interceptor = (next) => (request) => next(request).catch(() => responseOf("instead") as never);
    const caller = new AbortController();
    const call = run(callOf({ signal: caller.signal, interceptors: [fallback], next: waits }));
    caller.abort();
    assert.equal((await call).message.message, "instead");
  });

  test(`${whose}: a call leaves no listener at the caller's signal and no timer`, async () => {
    const caller = new AbortController();
    const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
    const before = timers();
    const given = { signal: caller.signal, timeoutMs: 3_600_000 };
    await run(callOf(given));
    await outcomeOf(run(callOf({ ...given, next: () => Promise.reject(new Error("odd")) })));
    assert.equal(timers(), before);
    if (run === runUnaryCall) assert.equal(getEventListeners(caller.signal, "abort").length, 0);
  });
}

test("a call that settles on abort does so whatever its interceptors wait for, by signal and by deadline", async () => {
  const hang: Interceptor = () => () => new Promise(() => {});
  const caller = new AbortController();
  const call = outcomeOf(runUnaryCall(callOf({ signal: caller.signal, interceptors: [hang], settlesOnAbort: true })));
  caller.abort(new Error("enough"));
  assert.deepEqual(await call.then(({ code, text }) => [code, text]), ["Canceled", "enough"]);
  const late = outcomeOf(runUnaryCall(callOf({ signal: caller.signal, interceptors: [hang], settlesOnAbort: true })));
  assert.equal((await late).code, "Canceled");
  const timed = outcomeOf(runUnaryCall(callOf({ timeoutMs: 1, interceptors: [hang], settlesOnAbort: true })));
  assert.equal((await timed).code, "DeadlineExceeded");
});

test("an interceptor that throws while it is put around a call fails the call and leaves no timer", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  const before = timers();
  const broken: Interceptor = () => {
    throw new Error("broken");
  };
  const { text } = await outcomeOf(runUnaryCall(callOf({ interceptors: [broken], timeoutMs: 3_600_000 })));
  assert.deepEqual([text, timers()], ["broken", before]);
});

test("a step that has nobody around it gets the caller's signal as it is", async () => {
  const { signal } = new AbortController();
  let seen: AbortSignal | undefined;
  await runUnaryCall(
    callOf({
      signal,
      next: async (request) => {
        seen = request.signal;
        return responseOf("m");
      },
    }),
  );
  assert.equal(seen, signal);
});
