import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { type TestContext, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { HealthCheckRequestSchema, IMService } from "@im-sdk/gen";
import { answer, grpcHead, type Http2Peer, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { ourTransport, sessionOf, theirTransport } from "../test-kit/transports.ts";
import { answerOf, ask, gzippedAnswerOf, outcomeOf } from "../test-kit/unary-calls.ts";
import { settle, until } from "../test-kit/until.ts";
import { createStreamTransport } from "./stream-transport.ts";

const m = answerOf("m");
const ok = { "grpc-status": "0" };

interface Received {
  headers: IncomingHttpHeaders;
  flags: number;
  bytes: Buffer;
}

/** Keeps every request and answers it. */
async function keepingPeer(t: TestContext): Promise<Http2Peer & { received: Received[] }> {
  const received: Received[] = [];
  const peer = await startHttp2Peer((stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const all = Buffer.concat(chunks);
      received.push({ headers, flags: all[0] ?? -1, bytes: all.subarray(5) });
      if (stream.writable) answer(stream, m, ok);
    });
  });
  t.after(() => peer[Symbol.asyncDispose]());
  return { ...peer, received };
}

/** Nothing but the head, or not even that. */
async function mutePeer(t: TestContext, head?: typeof grpcHead): Promise<Http2Peer> {
  const peer = await startHttp2Peer((stream) => {
    if (head !== undefined) stream.respond(head);
  });
  t.after(() => peer[Symbol.asyncDispose]());
  return peer;
}

async function assertCancelled([stream]: readonly ServerHttp2Stream[]): Promise<void> {
  assert.ok(stream !== undefined);
  await until(() => stream.closed);
  assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
}

test("a server sees of a unary call what it would see of connect-node's", async (t) => {
  const peer = await keepingPeer(t);
  const header = { "x-own": "1", "x-bytes-bin": "AAE", "content-type": "text/plain", te: "gzip", "user-agent": "mine" };
  for (const options of [{ header }, {}, { timeoutMs: 60_000 }]) {
    for (const transport of [ourTransport(t, peer.baseUrl), theirTransport(t, peer.baseUrl)]) {
      assert.equal((await outcomeOf(ask(transport, { service: "im" }, options))).code, "OK");
    }
  }
  const plain = ({ headers, flags, bytes }: Received) => ({
    headers: { ...headers },
    flags,
    bytes: bytes.toString("hex"),
  });
  const [own, theirOwn, bare, theirBare, timed, theirTimed] = peer.received.map(plain);
  assert.deepEqual([own, bare, timed], [theirOwn, theirBare, theirTimed]);
  assert.deepEqual([own?.headers["x-own"], own?.headers["user-agent"], own?.headers.te], ["1", "mine", "trailers"]);
  assert.equal(timed?.headers["grpc-timeout"], "60000m");
});

test("a request leaves in one write that ends the stream, and its answer is told to the session manager", async (t) => {
  const peer = await keepingPeer(t);
  const sessionManager = sessionOf(t, peer.baseUrl);
  const writes: [string, number][] = [];
  const request = sessionManager.request.bind(sessionManager);
  t.mock.method(sessionManager, "request", async (...given: Parameters<typeof request>) => {
    const stream = await request(...given);
    const end = stream.end.bind(stream) as (chunk: Buffer) => typeof stream;
    t.mock.method(stream, "write", (chunk: Buffer) => writes.push(["write", chunk.byteLength]));
    t.mock.method(stream, "end", (chunk: Buffer) => {
      writes.push(["end", chunk.byteLength]);
      return end(chunk);
    });
    return stream;
  });
  const onRead = t.mock.method(sessionManager, "notifyResponseByteRead").mock;
  await ask(createStreamTransport({ baseUrl: peer.baseUrl, sessionManager }), { service: "im" });
  assert.deepEqual(writes, [["end", 5 + 2 + 2]]);
  assert.equal(onRead.callCount(), 1);
});

test("headers and trailers reach the caller and the interceptors, whose signal is aborted once the call is over", async (t) => {
  await using peer = await startHttp2Peer((stream) => {
    stream.respond({ ...grpcHead, "x-head": "1" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ ...ok, "x-trail": "2" }));
    stream.end(m);
  });
  const seen: unknown[] = [];
  const watch: Interceptor = (next) => async (request) => {
    request.signal.addEventListener("abort", () => seen.push(String(request.signal.reason)));
    const { header, trailer } = await next(request);
    seen.push(header.get("x-head"), trailer.get("x-trail"), request.signal.aborted);
    return next(request);
  };
  const client = createClient(IMService, ourTransport(t, peer.baseUrl, { interceptors: [watch] }));
  const { message } = await client.healthCheck(
    {},
    {
      onHeader: (header) => seen.push(header.get("x-head")),
      onTrailer: (trailer) => seen.push(trailer.get("x-trail")),
    },
  );
  assert.equal(message, "m");
  assert.deepEqual(seen, ["1", "2", false, "AbortError: This operation was aborted", "1", "2"]);
});

test("a message larger than writeMaxBytes fails the call and opens no stream; one of just that size passes", async (t) => {
  const peer = await keepingPeer(t);
  const transport = ourTransport(t, peer.baseUrl, { writeMaxBytes: 102 });
  assert.equal((await outcomeOf(ask(transport, { service: "x".repeat(101) }))).code, "ResourceExhausted");
  assert.equal((await outcomeOf(ask(transport, { service: "x".repeat(100) }))).code, "OK");
  assert.equal(peer.streams.length, 1);
});

test("a message larger than readMaxBytes fails the call with its prefix, before any of it has come", async (t) => {
  await using peer = await startHttp2Peer((stream) => {
    stream.respond(grpcHead);
    stream.write(Buffer.from([0, 0, 0, 0, 101]));
  });
  assert.equal((await outcomeOf(ask(ourTransport(t, peer.baseUrl, { readMaxBytes: 100 })))).code, "ResourceExhausted");
  await assertCancelled(peer.streams);
});

test("a second message fails the call at once, however many would follow", async (t) => {
  for (const body of [Buffer.concat([m, m]), Buffer.concat([await gzippedAnswerOf("a"), await gzippedAnswerOf("b")])]) {
    await using peer = await startHttp2Peer((stream) => {
      stream.respond({ ...grpcHead, "grpc-encoding": "gzip" });
      stream.write(body);
    });
    assert.equal((await outcomeOf(ask(ourTransport(t, peer.baseUrl)))).code, "Unimplemented");
    await assertCancelled(peer.streams);
  }
});

test("options that cannot be are refused", () => {
  for (const options of [{ readMaxBytes: 0 }, { writeMaxBytes: -1 }, { writeMaxBytes: 2 ** 32 }]) {
    assert.throws(() => createStreamTransport({ baseUrl: "http://127.0.0.1", ...options }), ConnectError);
  }
});

for (const compression of [compressionGzip, compressionBrotli]) {
  test(`${compression.name}: large requests leave compressed and small ones plain; what swells beyond a limit is refused`, async (t) => {
    const peer = await keepingPeer(t);
    const options = { sendCompression: compression, compressMinBytes: 1_000, writeMaxBytes: 5_000 };
    const transport = ourTransport(t, peer.baseUrl, options);
    const services = ["small", "x".repeat(4_000)];
    await Promise.all(services.map((service) => ask(transport, { service })));
    assert.equal((await outcomeOf(ask(transport, { service: "x".repeat(6_000) }))).code, "ResourceExhausted");
    const requests = peer.received.toSorted((one, other) => one.flags - other.flags);
    const seen = requests.map(async ({ headers, flags, bytes }) => {
      assert.equal(headers["grpc-encoding"], compression.name);
      const data = flags === 1 ? await compression.decompress(new Uint8Array(bytes), 5_000) : bytes;
      return [flags, fromBinary(HealthCheckRequestSchema, data).service];
    });
    assert.deepEqual(await Promise.all(seen), [
      [0, services[0]],
      [1, services[1]],
    ]);
  });
}

test("a compressed answer that swells beyond readMaxBytes is refused", async (t) => {
  const bomb = await gzippedAnswerOf("x".repeat(20_000));
  await using peer = await startHttp2Peer((stream) => {
    stream.respond({ ...grpcHead, "grpc-encoding": "gzip" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(ok));
    stream.end(bomb);
  });
  const transport = ourTransport(t, peer.baseUrl, { readMaxBytes: 10_000 });
  assert.equal((await outcomeOf(ask(transport))).code, "ResourceExhausted");
});

test("the deadline of a unary call goes out in grpc-timeout and resets a stream that nobody answers", async (t) => {
  const told: unknown[] = [];
  await using peer = await startHttp2Peer((_, headers) => told.push(headers["grpc-timeout"]));
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asking = outcomeOf(ask(ourTransport(t, peer.baseUrl), {}, { timeoutMs: 20.5 }));
  await until(() => told.length === 1);
  t.mock.timers.tick(21);
  const { code } = await asking;
  assert.deepEqual([code, told], ["DeadlineExceeded", ["21m"]]);
  await assertCancelled(peer.streams);
});

test("defaultTimeoutMs is for unary calls that bring no deadline of their own", async (t) => {
  const peer = await keepingPeer(t);
  const transport = ourTransport(t, peer.baseUrl, { defaultTimeoutMs: 60_000 });
  const { healthCheck } = IMService.method;
  for (const timeoutMs of [undefined, 70_000, 0, -1, Number.POSITIVE_INFINITY, 2 ** 40]) {
    await transport.unary(healthCheck, undefined, timeoutMs, undefined, {});
  }
  const told = peer.received.map(({ headers }) => headers["grpc-timeout"]);
  assert.deepEqual(told, ["60000m", "70000m", undefined, undefined, undefined, "2147484S"]);
});

for (const head of [undefined, grpcHead]) {
  test(`a unary call that is cancelled ${head ? "after" : "before"} the head rejects at once, with RST_STREAM CANCEL`, async (t) => {
    const peer = await mutePeer(t, head);
    const caller = new AbortController();
    const call = outcomeOf(ask(ourTransport(t, peer.baseUrl), {}, { signal: caller.signal }));
    await until(() => peer.streams.length === 1);
    await settle();
    caller.abort(new Error("enough"));
    const { code, text } = await call;
    assert.deepEqual([code, text], ["Canceled", "enough"]);
    await assertCancelled(peer.streams);
    assert.equal(getEventListeners(caller.signal, "abort").length, 0);
  });
}

test("a unary call that is aborted with a ConnectError keeps its code", async (t) => {
  const peer = await mutePeer(t);
  const caller = new AbortController();
  const call = outcomeOf(ask(ourTransport(t, peer.baseUrl), {}, { signal: caller.signal }));
  await until(() => peer.streams.length === 1);
  caller.abort(new ConnectError("gone", Code.Unavailable));
  assert.equal((await call).code, "Unavailable");
  await assertCancelled(peer.streams);
});

test("a unary call whose signal has aborted already opens no stream", async (t) => {
  const peer = await mutePeer(t);
  assert.equal(
    (await outcomeOf(ask(ourTransport(t, peer.baseUrl), {}, { signal: AbortSignal.abort() }))).code,
    "Canceled",
  );
  await settle();
  assert.equal(peer.sessions.length, 0);
});

test("a unary call that is cancelled while the connection is being made leaves no stream open", async (t) => {
  await using peer = await startHttp2Peer((stream, headers) => {
    if (headers["x-second"] !== undefined) answer(stream, m, ok);
  });
  const transport = ourTransport(t, peer.baseUrl);
  const caller = new AbortController();
  const call = outcomeOf(ask(transport, {}, { signal: caller.signal }));
  caller.abort();
  assert.equal((await call).code, "Canceled");
  assert.equal((await outcomeOf(ask(transport, {}, { header: { "x-second": "1" } }))).code, "OK");
  await until(() => peer.streams.every((stream) => stream.closed));
});

test("a request that is stuck on its way is given up by an abort, and half of it does not look like a whole", async (t) => {
  let hasEnded = false;
  await using peer = await startHttp2Peer((stream) => {
    stream.once("data", () => stream.pause());
    stream.on("end", () => {
      hasEnded = !stream.aborted;
    });
  });
  const caller = new AbortController();
  const service = "x".repeat(1024 * 1024);
  const sessionManager = sessionOf(t, peer.baseUrl);
  const transport = createStreamTransport({ baseUrl: peer.baseUrl, sessionManager });
  const call = outcomeOf(ask(transport, { service }, { signal: caller.signal }));
  await until(() => peer.streams[0]?.isPaused() === true);
  caller.abort();
  assert.equal((await call).code, "Canceled");
  await until(() => sessionManager.state() === "idle");
  peer.streams[0]?.resume();
  await assertCancelled(peer.streams);
  assert.equal(hasEnded, false);
});

test("an answer that comes before the request has left counts, and the rest of the request is given up", async (t) => {
  await using peer = await startHttp2Peer((stream) => {
    stream.once("data", () => {
      stream.pause();
      answer(stream, m, ok);
    });
  });
  const sessionManager = sessionOf(t, peer.baseUrl);
  const transport = createStreamTransport({ baseUrl: peer.baseUrl, sessionManager });
  const { code, text } = await outcomeOf(ask(transport, { service: "x".repeat(1024 * 1024) }));
  assert.deepEqual([code, text], ["OK", "m"]);
  await until(() => sessionManager.state() === "idle" && peer.streams[0]?.closed === true);
});

test("a unary call on a session that has ended meanwhile dials again", async (t) => {
  const peer = await keepingPeer(t);
  const transport = ourTransport(t, peer.baseUrl);
  await ask(transport);
  for (const end of [() => peer.sessions[0]?.close(), () => peer.sessions[1]?.destroy()]) {
    const before = peer.sessions.length;
    end();
    await until(() => peer.sessions[before - 1]?.destroyed === true);
    await settle();
    await ask(transport);
    assert.equal(peer.sessions.length, before + 1);
  }
});

test("GOAWAY lets a unary call go on, while the next one dials again", async (t) => {
  const held: ServerHttp2Stream[] = [];
  await using peer = await startHttp2Peer((stream) => {
    if (peer.sessions.length > 1) answer(stream, m, ok);
    else held.push(stream);
  });
  const transport = ourTransport(t, peer.baseUrl);
  const running = outcomeOf(ask(transport));
  await until(() => held.length === 1);
  peer.sessions[0]?.goaway();
  await settle();
  assert.equal((await outcomeOf(ask(transport))).code, "OK");
  const [stream] = held;
  assert.ok(stream !== undefined);
  answer(stream, m, ok);
  assert.equal((await running).code, "OK");
  assert.equal(peer.sessions.length, 2);
});

test("nobody listens: UNAVAILABLE, in the words of connect-node", async (t) => {
  const peer = await startHttp2Peer(() => {});
  await peer[Symbol.asyncDispose]();
  const ours = await outcomeOf(ask(ourTransport(t, peer.baseUrl)));
  assert.equal(ours.code, "Unavailable");
  assert.deepEqual(ours, await outcomeOf(ask(theirTransport(t, peer.baseUrl))));
});

test("a header that HTTP/2 forbids and an URL of another server fail a call as with connect-node", async (t) => {
  const peer = await keepingPeer(t);
  const header = { connection: "close" };
  const ours = await outcomeOf(ask(ourTransport(t, peer.baseUrl), {}, { header }));
  assert.deepEqual(ours, await outcomeOf(ask(theirTransport(t, peer.baseUrl), {}, { header })));
  assert.equal(ours.code, "Internal");

  const elsewhere: Interceptor = (next) => (request) => next({ ...request, url: "http://127.0.0.1:1/im.v1.X/Y" });
  const { code } = await outcomeOf(ask(ourTransport(t, peer.baseUrl, { interceptors: [elsewhere] })));
  assert.equal(code, "Internal");
  assert.equal(peer.streams.length, 0);
});

test("the path of the base URL comes before that of the method, and an interceptor may change it", async (t) => {
  const peer = await keepingPeer(t);
  const change: Interceptor = (next) => (request) => next({ ...request, url: `${request.url}?a=1` });
  for (const interceptors of [[], [change]]) {
    await ask(
      createStreamTransport({
        baseUrl: `${peer.baseUrl}/im/`,
        sessionManager: sessionOf(t, peer.baseUrl),
        interceptors,
      }),
    );
  }
  const paths = peer.received.map(({ headers }) => headers[":path"]);
  assert.deepEqual(paths, ["/im/im.v1.IMService/HealthCheck", "/im/im.v1.IMService/HealthCheck?a=1"]);
});

test("a thousand unary calls on one connection leave no listener, no timer and no stream behind", async (t) => {
  await using peer = await startHttp2Peer((stream, headers) => {
    if (headers["x-mute"] === undefined) answer(stream, m, ok);
  });
  const sessionManager = sessionOf(t, peer.baseUrl);
  const transport = createStreamTransport({ baseUrl: peer.baseUrl, sessionManager });
  const caller = new AbortController();
  async function call(index: number): Promise<void> {
    const options = { signal: caller.signal, timeoutMs: 3_600_000 };
    if (index % 10 > 0) {
      assert.equal((await outcomeOf(ask(transport, {}, options))).code, "OK");
      return;
    }
    // Every tenth is given up by its caller.
    const one = new AbortController();
    const given = outcomeOf(ask(transport, {}, { ...options, signal: one.signal, header: { "x-mute": "1" } }));
    await until(() => peer.streams.length > index / 2);
    one.abort();
    assert.equal((await given).code, "Canceled");
  }
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  await call(1);
  await until(() => sessionManager.state() === "idle" && peer.streams.every((stream) => stream.destroyed));
  const before = timers();
  for (let index = 0; index < 1_000; index += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, place) => call(index + place)));
  }
  await until(() => sessionManager.state() === "idle" && peer.streams.every((stream) => stream.destroyed));
  assert.equal(timers(), before);
  assert.equal(getEventListeners(caller.signal, "abort").length, 0);
  assert.equal(peer.sessions.length, 1);
});
