import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createContextKey, createContextValues, type Interceptor } from "@connectrpc/connect";
import { IMService } from "@im-sdk/gen";
import { answer, encoded, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { ManualInput } from "../test-kit/manual-input.ts";
import { servePlain } from "../test-kit/serve.ts";
import { ourTransport, readAll, requests, talk } from "../test-kit/transports.ts";
import { interceptTransport } from "./intercepted-transport.ts";

const { healthCheck, streamMessages } = IMService.method;

/** A server that answers everything and keeps the headers that it is sent. */
async function headersPeer() {
  const headers: Record<string, unknown>[] = [];
  const peer = await startHttp2Peer((stream, received) => {
    headers.push(received);
    const isHealth = String(received[":path"]).endsWith("HealthCheck");
    const output = isHealth ? healthCheck.output : streamMessages.output;
    answer(stream, encoded(output, {}), { "grpc-status": "0" });
  });
  return { headers, baseUrl: peer.baseUrl, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() };
}

test("interceptors around a transport see unary calls and streams, with the path of the method", async (t) => {
  await using server = await headersPeer();
  const seen: string[] = [];
  const watch: Interceptor = (next) => (call) => {
    seen.push(`${call.stream} ${new URL(call.url).pathname} ${call.requestMethod}`);
    call.header.set("x-mark", "1");
    return next(call);
  };
  const transport = interceptTransport(ourTransport(t, server.baseUrl), [watch]);
  await transport.unary(healthCheck, undefined, undefined, { "x-own": "2" }, {});
  await readAll(talk(transport, new ManualInput(), { header: { "x-own": "2" } }));
  assert.deepEqual(seen, ["false /im.v1.IMService/HealthCheck POST", "true /im.v1.IMService/StreamMessages POST"]);
  for (const header of server.headers) assert.deepEqual([header["x-mark"], header["x-own"]], ["1", "2"]);
});

test("the deadline travels in grpc-timeout, and an interceptor may shorten it", async (t) => {
  await using server = await headersPeer();
  const shorten: Interceptor = (next) => (call) => {
    assert.equal(call.header.get("grpc-timeout"), "60000m");
    call.header.set("grpc-timeout", "5S");
    return next(call);
  };
  const transport = interceptTransport(ourTransport(t, server.baseUrl), [shorten]);
  await transport.unary(healthCheck, undefined, 60_000, undefined, {});
  await readAll(talk(transport, new ManualInput(), { timeoutMs: 60_000 }));
  assert.deepEqual(
    server.headers.map((header) => header["grpc-timeout"]),
    ["5S", "5S"],
  );
});

test("no deadline and an endless one send no header and end nothing; the base's default does not apply", async (t) => {
  await using server = await headersPeer();
  const transport = interceptTransport(ourTransport(t, server.baseUrl, { defaultTimeoutMs: 1_000 }), []);
  for (const timeoutMs of [undefined, 0, -1, Number.POSITIVE_INFINITY]) {
    await transport.unary(healthCheck, undefined, timeoutMs, undefined, {});
    await readAll(transport.stream(streamMessages, undefined, timeoutMs, undefined, new ManualInput()));
  }
  assert.equal(server.headers.length, 8);
  for (const header of server.headers) assert.equal(header["grpc-timeout"], undefined);
});

test("a deadline beyond the reach of timers does not fire at once", async (t) => {
  await using server = await headersPeer();
  const transport = interceptTransport(ourTransport(t, server.baseUrl), []);
  await transport.unary(healthCheck, undefined, 2 ** 40, undefined, {});
  assert.equal((await readAll(talk(transport, new ManualInput(), { timeoutMs: 2 ** 40 }))).error, undefined);
});

test("a deadline that passes is DEADLINE_EXCEEDED for unary calls and streams", async (t) => {
  await using peer = await startHttp2Peer(() => {});
  const transport = interceptTransport(ourTransport(t, peer.baseUrl), []);
  const isTooLate = (error: unknown) => error instanceof ConnectError && error.code === Code.DeadlineExceeded;
  await assert.rejects(transport.unary(healthCheck, undefined, 20, undefined, {}), isTooLate);
  await assert.rejects(talk(transport, new ManualInput(), { timeoutMs: 20 }), isTooLate);
});

test("the caller's signal ends unary calls and streams", async (t) => {
  await using peer = await startHttp2Peer(() => {});
  const transport = interceptTransport(ourTransport(t, peer.baseUrl), []);
  const caller = new AbortController();
  const unary = transport.unary(healthCheck, caller.signal, undefined, undefined, {});
  const stream = talk(transport, new ManualInput(), { signal: caller.signal });
  caller.abort();
  const isCanceled = (error: unknown) => error instanceof ConnectError && error.code === Code.Canceled;
  await assert.rejects(unary, isCanceled);
  await assert.rejects(stream, isCanceled);
});

test("context values reach the interceptors and the base", async (t) => {
  const key = createContextKey("none");
  const seen: string[] = [];
  const watch: Interceptor = (next) => (call) => {
    seen.push(call.contextValues.get(key));
    return next(call);
  };
  await using server = await headersPeer();
  const base = ourTransport(t, server.baseUrl, { interceptors: [watch] });
  const transport = interceptTransport(base, [watch]);
  await transport.unary(healthCheck, undefined, undefined, undefined, {}, createContextValues().set(key, "a"));
  await readAll(talk(transport, new ManualInput(), { contextValues: createContextValues().set(key, "b") }));
  await transport.unary(healthCheck, undefined, undefined, undefined, {});
  assert.deepEqual(seen, ["a", "a", "b", "b", "none", "none"]);
});

test("messages, headers, trailers and errors pass through unchanged", async (t) => {
  await using server = await servePlain({
    async *streamMessages(messages, context) {
      context.responseHeader.set("x-head", "1");
      context.responseTrailer.set("x-trail", "2");
      for await (const { messageId } of messages) yield { messageId };
      throw new ConnectError("that was all", Code.DataLoss);
    },
  });
  const transport = interceptTransport(ourTransport(t, `http://${server.address}`), []);
  const response = await talk(transport, requests(3));
  assert.equal(response.header.get("x-head"), "1");
  const { ids, error } = await readAll(Promise.resolve(response));
  assert.deepEqual(ids, ["0", "1", "2"]);
  assert.ok(error instanceof ConnectError);
  assert.deepEqual(
    [error.code, error.rawMessage, response.trailer.get("x-trail")],
    [Code.DataLoss, "that was all", "2"],
  );
});
