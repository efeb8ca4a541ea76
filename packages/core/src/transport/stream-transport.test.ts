import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { ClientHttp2Stream, ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { HealthStatus, IMService, MessageRequestSchema, MessageResponseSchema } from "@im-sdk/gen";
import { startFaultProxy } from "@im-sdk/testing";
import { answer, encoded, envelope, grpcHead, onMessages, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { ManualInput } from "../test-kit/manual-input.ts";
import { servePlain } from "../test-kit/serve.ts";
import { observed, ourTransport, readAll, request, requests, talk } from "../test-kit/transports.ts";
import { settle, until } from "../test-kit/until.ts";
import { sessionOptions } from "./create-session-manager.ts";
import { createStreamTransport } from "./stream-transport.ts";

const ok = { "grpc-status": "0" };
const kib = 1024;
const mib = 1024 * kib;

/** Gives the bytes back: a request and a response have their first five fields in common. */
function echo(stream: ServerHttp2Stream): void {
  stream.respond(grpcHead, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(ok));
  stream.pipe(stream);
}

/** An im.v1 server by connect-node. */
function echoServer() {
  return servePlain({
    async *streamMessages(messages) {
      for await (const { messageId, content } of messages) yield { messageId, content };
    },
    async healthCheck() {
      return { status: HealthStatus.SERVING };
    },
  });
}

test("tens of thousands of messages come back in order and byte for byte", async (t) => {
  await using peer = await startHttp2Peer(echo);
  const count = 30_000;
  const contentOf = (index: number) =>
    Uint8Array.from({ length: index % 97 }, (_, place) => (index * 31 + place * 7) % 256);
  async function* input() {
    for (let index = 0; index < count; index++) yield request(String(index), contentOf(index));
  }
  const response = await talk(ourTransport(t, peer.baseUrl), input());
  let index = 0;
  for await (const { messageId, content } of response.message) {
    if (messageId !== String(index) || Buffer.compare(content, contentOf(index)) !== 0) {
      assert.fail(`message ${index} came back as ${messageId}, ${content.byteLength} bytes`);
    }
    index++;
  }
  assert.equal(index, count);
});

test("a connect-node server understands every message, and is understood", async (t) => {
  await using server = await echoServer();
  const { ids, error } = await readAll(talk(ourTransport(t, `http://${server.address}`), requests(3_000, 20)));
  assert.equal(error, undefined);
  assert.deepEqual(
    ids,
    Array.from({ length: 3_000 }, (_, index) => String(index)),
  );
});

test("messages that are ready leave together, in writes of 64 KiB and no more than a message above", async (t) => {
  await using peer = await startHttp2Peer(echo);
  const sizes: number[] = [];
  const reported: unknown[][] = [];
  const { contextValues } = observed({
    onOpen(stream) {
      const write = stream.write.bind(stream) as (chunk: Buffer) => boolean;
      t.mock.method(stream, "write", (chunk: Buffer) => {
        sizes.push(chunk.byteLength);
        return write(chunk);
      });
    },
    onWrite: (messages) => reported.push([...messages]),
  });
  const { ids } = await readAll(talk(ourTransport(t, peer.baseUrl), requests(10_000, 100), { contextValues }));
  assert.equal(ids.length, 10_000);
  const largest = 5 + toBinary(MessageRequestSchema, request("9999", new Uint8Array(100))).byteLength;
  for (const size of sizes.slice(0, -1)) assert.ok(size >= 64 * kib && size < 64 * kib + largest, `${size} bytes`);
  assert.equal(reported.length, sizes.length);
  assert.deepEqual(
    reported.flat().map((message) => (message as { messageId: string }).messageId),
    ids,
  );
});

test("a message that comes alone leaves alone, without waiting for another", async (t) => {
  await using peer = await startHttp2Peer(echo);
  const input = new ManualInput();
  const response = await talk(ourTransport(t, peer.baseUrl), input);
  const iterator = response.message[Symbol.asyncIterator]();
  for (const id of ["a", "b", "c"]) {
    input.push(request(id));
    assert.equal((await iterator.next()).value?.messageId, id);
  }
  input.end();
  assert.equal((await iterator.next()).done, true);
});

test("a server that does not read stops the pulling of the input, until it reads", async (t) => {
  await using peer = await startHttp2Peer((stream) => stream.respond(grpcHead));
  const count = 4_000;
  let pulled = 0;
  async function* input() {
    for (; pulled < count; pulled++) yield request(String(pulled), new Uint8Array(kib));
  }
  const { contextValues, stream } = observed();
  await talk(ourTransport(t, peer.baseUrl), input(), { contextValues });
  await until(() => stream().writableNeedDrain || pulled === count);
  await settle();
  // The server's window of 64 KiB, the write that fills it, and the one that waits behind.
  assert.ok(pulled < 256, `${pulled} KiB were pulled`);
  let received = 0;
  const [remote] = peer.streams;
  assert.ok(remote !== undefined);
  onMessages(remote, MessageRequestSchema, () => received++);
  await until(() => received === count);
});

test("a consumer that does not pull stalls the server, and gets everything once it does", async (t) => {
  const total = 24 * mib;
  const part = encoded(MessageResponseSchema, { content: new Uint8Array(60 * kib) });
  let written = 0;
  let isStalled = false;
  await using peer = await startHttp2Peer(async (stream) => {
    stream.respond(grpcHead, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(ok));
    for (; written < total; written += part.byteLength) {
      isStalled = !stream.write(part);
      if (isStalled) await new Promise((resolve) => stream.once("drain", resolve));
      isStalled = false;
    }
    stream.end();
  });
  const { contextValues, stream } = observed();
  const response = await talk(ourTransport(t, peer.baseUrl), new ManualInput(), { contextValues });
  await until(() => (stream().isPaused() && isStalled) || written >= total);
  await settle();
  // What the client holds is 1 MiB at the most, and the stream's window is 4 MiB.
  assert.ok(written < 8 * mib, `${written} bytes were taken`);
  assert.ok(written > 4 * mib, `only ${written} bytes were taken`);
  let bytes = 0;
  for await (const { content } of response.message) bytes += content.byteLength + 5 + 4;
  assert.equal(bytes, written);
});

test("empty messages that nobody pulls pause the stream as well", async (t) => {
  const count = 60_000;
  const body = Buffer.concat(Array.from({ length: count }, () => envelope(new Uint8Array())));
  await using peer = await startHttp2Peer((stream) => answer(stream, body, ok));
  const { contextValues, stream } = observed();
  const response = await talk(ourTransport(t, peer.baseUrl), new ManualInput(), { contextValues });
  await until(() => peer.streams[0]?.writableFinished === true);
  await settle();
  assert.equal(stream().isPaused(), true);
  const { ids, error } = await readAll(Promise.resolve(response));
  assert.deepEqual([ids.length, error], [count, undefined]);
});

test("the windows are 4 MiB for a stream and 16 MiB for the connection", async (t) => {
  await using peer = await startHttp2Peer(echo);
  const input = new ManualInput();
  await talk(ourTransport(t, peer.baseUrl), input);
  const [session] = peer.sessions;
  await until(() => (session?.state.remoteWindowSize ?? 0) > 65_535);
  assert.equal(session?.state.remoteWindowSize, 16 * mib);
  assert.equal(session?.remoteSettings.initialWindowSize, 4 * mib);
  assert.equal(session?.remoteSettings.enablePush, false);
});

test("a server can send megabytes without hearing from the client", async (t) => {
  const part = encoded(MessageResponseSchema, { content: new Uint8Array(60 * kib) });
  const count = 60;
  let remote: ServerHttp2Stream | undefined;
  await using peer = await startHttp2Peer((stream) => {
    remote = stream;
    stream.respond(grpcHead);
  });
  await using proxy = await startFaultProxy(peer.address);
  const transport = ourTransport(t, `http://${proxy.address}`);
  const response = await talk(transport, new ManualInput());
  await until(() => (peer.sessions[0]?.state.remoteWindowSize ?? 0) > 65_535);
  proxy.stall("up");
  for (let index = 0; index < count; index++) remote?.write(part);
  const iterator = response.message[Symbol.asyncIterator]();
  for (let index = 0; index < count; index++) assert.equal((await iterator.next()).done, false);
});

test("a user's own session options win, and what they leave out stays", () => {
  assert.deepEqual(sessionOptions(), {
    maxSessionMemory: 256,
    settings: { initialWindowSize: 4 * mib, enablePush: false },
  });
  assert.deepEqual(sessionOptions({ maxSessionMemory: 10, settings: { initialWindowSize: 1 }, paddingStrategy: 0 }), {
    maxSessionMemory: 10,
    paddingStrategy: 0,
    settings: { initialWindowSize: 1, enablePush: false },
  });
});

test("a transport without a session manager makes its own, with nodeOptions", async (t) => {
  await using peer = await startHttp2Peer((stream) => answer(stream, encoded(MessageResponseSchema, {}), ok));
  const transport = createStreamTransport({
    baseUrl: peer.baseUrl,
    nodeOptions: { settings: { initialWindowSize: 100_000 } },
  });
  const { ids } = await readAll(talk(transport, new ManualInput()));
  assert.equal(ids.length, 1);
  await until(() => peer.sessions[0]?.remoteSettings.initialWindowSize === 100_000);
  t.after(() => peer.sessions[0]?.destroy());
});

test("GOAWAY lets a running stream go on, while new calls dial again", async (t) => {
  await using peer = await startHttp2Peer(echo);
  const transport = ourTransport(t, peer.baseUrl);
  const input = new ManualInput();
  const running = (await talk(transport, input)).message[Symbol.asyncIterator]();
  input.push(request("before"));
  await running.next();
  const [session] = peer.sessions;
  assert.ok(session !== undefined);
  session.close();
  input.push(request("after"));
  assert.equal((await running.next()).value?.messageId, "after");
  const { ids, error } = await readAll(talk(transport, requests(3)));
  assert.deepEqual([ids, error], [["0", "1", "2"], undefined]);
  assert.equal(peer.sessions.length, 2);
  input.end();
  assert.equal((await running.next()).done, true);
  await until(() => session.destroyed);
});

test("unary calls and streams share one connection", async (t) => {
  await using server = await echoServer();
  const transport = ourTransport(t, `http://${server.address}`);
  const input = new ManualInput();
  const stream = talk(transport, input);
  const health = await transport.unary(IMService.method.healthCheck, undefined, 0, undefined, {});
  assert.equal(health.message.status, HealthStatus.SERVING);
  input.push(request("a"));
  input.end();
  assert.deepEqual((await readAll(stream)).ids, ["a"]);
  assert.equal(server.sessions.size, 1);
});

test("unary calls keep to the limits of the transport", async (t) => {
  await using server = await echoServer();
  const transport = ourTransport(t, `http://${server.address}`, { writeMaxBytes: 100 });
  const call = transport.unary(IMService.method.healthCheck, undefined, 0, undefined, { service: "x".repeat(101) });
  await assert.rejects(call, (error) => error instanceof ConnectError && error.code === Code.ResourceExhausted);
});

test("interceptors see unary calls and streams, request and answer, in their order", async (t) => {
  const heard: (string | undefined)[] = [];
  await using server = await servePlain({
    async *streamMessages(messages, context) {
      heard.push(context.requestHeader.get("x-mark") ?? undefined);
      for await (const { messageId } of messages) yield { messageId };
    },
    async healthCheck(_, context) {
      heard.push(context.requestHeader.get("x-mark") ?? undefined);
      return {};
    },
  });
  const seen: string[] = [];
  const named =
    (name: string): Interceptor =>
    (next) =>
    async (call) => {
      seen.push(`${name} ${call.method.name} ${call.stream} ${new URL(call.url).pathname}`);
      call.header.append("x-mark", name);
      const response = await next(call);
      seen.push(`${name} back ${response.stream}`);
      return response;
    };
  const transport = ourTransport(t, `http://${server.address}`, { interceptors: [named("outer"), named("inner")] });
  await transport.unary(IMService.method.healthCheck, undefined, 0, undefined, {});
  await readAll(talk(transport, requests(1)));
  assert.deepEqual(seen, [
    "outer HealthCheck false /im.v1.IMService/HealthCheck",
    "inner HealthCheck false /im.v1.IMService/HealthCheck",
    "inner back false",
    "outer back false",
    "outer StreamMessages true /im.v1.IMService/StreamMessages",
    "inner StreamMessages true /im.v1.IMService/StreamMessages",
    "inner back true",
    "outer back true",
  ]);
  assert.deepEqual(heard, ["outer, inner", "outer, inner"]);
});

test("an interceptor may change messages both ways, answer by itself, or refuse", async (t) => {
  await using peer = await startHttp2Peer(echo);
  const rename: Interceptor = (next) => async (call) => {
    if (!call.stream) return next(call);
    async function* renamed<T>(messages: AsyncIterable<T>, suffix: string) {
      for await (const each of messages) {
        const item = each as { messageId: string };
        yield { ...item, messageId: item.messageId + suffix } as T;
      }
    }
    const response = await next({ ...call, message: renamed(call.message, "-out") });
    return response.stream ? { ...response, message: renamed(response.message, "-in") } : response;
  };
  const { ids } = await readAll(talk(ourTransport(t, peer.baseUrl, { interceptors: [rename] }), requests(2)));
  assert.deepEqual(ids, ["0-out-in", "1-out-in"]);

  const refuse: Interceptor = () => () => Promise.reject(new ConnectError("not you", Code.PermissionDenied));
  const refused = await readAll(talk(ourTransport(t, peer.baseUrl, { interceptors: [refuse] }), new ManualInput()));
  assert.ok(refused.error instanceof ConnectError);
  assert.equal(refused.error.code, Code.PermissionDenied);
});

test("headers of the caller arrive beside those of gRPC", async (t) => {
  let headers: Record<string, unknown> = {};
  await using peer = await startHttp2Peer((stream, received) => {
    headers = received;
    echo(stream);
  });
  await readAll(talk(ourTransport(t, peer.baseUrl), requests(1), { header: { "x-own": "1" } }));
  const { ":method": method, ":path": path, "content-type": type, te, "x-own": own } = headers;
  assert.deepEqual(
    { method, path, type, te, own },
    {
      method: "POST",
      path: "/im.v1.IMService/StreamMessages",
      type: "application/grpc+proto",
      te: "trailers",
      own: "1",
    },
  );
});

test("a thousand calls on one connection leave no listener, no timer and no stream behind", async (t) => {
  await using peer = await startHttp2Peer(echo);
  const transport = ourTransport(t, peer.baseUrl);
  const caller = new AbortController();
  let last: ClientHttp2Stream | undefined;
  const { contextValues } = observed({
    onOpen(stream) {
      last = stream;
    },
  });
  async function call(index: number): Promise<void> {
    const options = { signal: caller.signal, timeoutMs: 3_600_000, contextValues };
    if (index % 10 > 0) {
      assert.equal((await readAll(talk(transport, requests(2), options))).ids.length, 2);
      return;
    }
    // Every tenth is given up by its caller in the middle.
    const one = new AbortController();
    const response = await talk(transport, new ManualInput(), { ...options, signal: one.signal });
    const ended = readAll(Promise.resolve(response));
    one.abort();
    assert.ok((await ended).error instanceof ConnectError);
  }
  const inventory = async () => {
    const stream = last;
    await until(() => stream?.destroyed === true && peer.streams.every((each) => each.destroyed));
    return { timers: process.getActiveResourcesInfo().filter((each) => each === "Timeout").length };
  };
  let session: ClientHttp2Stream["session"];
  const listeners = () => session?.eventNames().map((name) => [name, session?.listenerCount(name)]);
  await call(1);
  const first = observed({
    onOpen(stream) {
      session = stream.session;
    },
  });
  await readAll(talk(transport, requests(1), { contextValues: first.contextValues }));
  const before = { ...(await inventory()), listeners: listeners() };
  for (let index = 0; index < 1_000; index += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, place) => call(index + place)));
  }
  assert.deepEqual({ ...(await inventory()), listeners: listeners() }, before);
  assert.equal(getEventListeners(caller.signal, "abort").length, 0);
  assert.equal(peer.sessions.length, 1);
});

test("an answer that comes in pieces of three bytes is put together", async (t) => {
  const parts = Array.from({ length: 50 }, (_, index) => encoded(MessageResponseSchema, { messageId: String(index) }));
  const body = Buffer.concat(parts);
  await using peer = await startHttp2Peer((stream) => {
    stream.respond(grpcHead, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(ok));
    const send = (offset: number): void => {
      if (offset >= body.byteLength) stream.end();
      else stream.write(body.subarray(offset, offset + 3), () => send(offset + 3));
    };
    send(0);
  });
  const { ids, error } = await readAll(talk(ourTransport(t, peer.baseUrl), new ManualInput()));
  assert.deepEqual([ids, error], [Array.from({ length: 50 }, (_, index) => String(index)), undefined]);
});
