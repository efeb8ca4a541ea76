import assert from "node:assert/strict";
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { RoomInfoSchema } from "@im-sdk/gen";
import { startFaultProxy } from "@im-sdk/testing";
import { envelope, grpcHead, type Http2Peer, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { ourTransport, sessionOf, theirTransport } from "../test-kit/transports.ts";
import { answerOf, ask, gzippedAnswerOf, type Outcome, outcomeOf } from "../test-kit/unary-calls.ts";
import { until } from "../test-kit/until.ts";
import { createStreamTransport } from "./stream-transport.ts";

const m = answerOf("m");
const none = Buffer.alloc(0);
const ok = { "grpc-status": "0" };
const failed = { "grpc-status": "9", "grpc-message": "not%20now" };
const gzip = { ...grpcHead, "grpc-encoding": "gzip" };
const packed = await gzippedAnswerOf("unpacked");
const garbage = envelope(Buffer.from([255, 255]));
const brokenGzip = envelope(Buffer.from([1, 2, 3]), 1);
const tooLarge = envelope(Buffer.alloc(4 * 1024 * 1024 + 1));

interface Answer {
  head?: OutgoingHttpHeaders;
  body?: Buffer;
  trailers?: OutgoingHttpHeaders;
}

/** Sends exactly this. */
function send(stream: ServerHttp2Stream, { head = grpcHead, body, trailers }: Answer): void {
  stream.respond(head, { waitForTrailers: trailers !== undefined, endStream: body === undefined && !trailers });
  if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  if (!stream.writableEnded) stream.end(body);
}

interface HostileAnswer extends Answer {
  does: string;
  code: string;
  /** What connect-node makes of it, where that is not the same. */
  theirs?: Partial<Outcome>;
}

const incomplete = { code: "InvalidArgument", text: "protocol error: incomplete envelope" };

const answers: HostileAnswer[] = [
  { does: "a message and success", body: m, trailers: ok, code: "OK" },
  { does: "a message and success in the head", head: { ...grpcHead, ...ok }, body: m, code: "OK" },
  {
    does: "a message with other headers and trailers",
    head: { ...grpcHead, "x-head": "1", "set-cookie": ["a=1", "b=2"] },
    body: m,
    trailers: { ...ok, "x-trail": ["2", "3"], "x-bytes-bin": "AAE" },
    code: "OK",
  },
  { does: "trailers only, with an error", head: { ...grpcHead, ...failed }, code: "FailedPrecondition" },
  { does: "trailers only, with success", head: { ...grpcHead, ...ok }, code: "Unknown" },
  { does: "a head and nothing else", code: "Internal" },
  { does: "an error in the head, then a message", head: { ...grpcHead, ...failed }, body: m, code: "Unknown" },
  {
    does: "an error in the head, then a message and success",
    head: { ...grpcHead, ...failed },
    body: m,
    trailers: ok,
    code: "Unknown",
  },
  { does: "an error behind a message", body: m, trailers: failed, code: "FailedPrecondition" },
  { does: "an error without a message", body: none, trailers: failed, code: "FailedPrecondition" },
  { does: "an error with details", body: none, trailers: detailed(), code: "NotFound" },
  { does: "an error with details that are none", body: none, trailers: broken("!!"), code: "DataLoss" },
  { does: "a status that gRPC does not know", body: m, trailers: { "grpc-status": "77" }, code: "Internal" },
  { does: "a status that is no number", body: m, trailers: { "grpc-status": "OK" }, code: "Internal" },
  {
    does: "a text that is badly encoded",
    body: m,
    trailers: { "grpc-status": "5", "grpc-message": "%zz" },
    code: "Unknown",
  },
  { does: "success without a message", body: none, trailers: ok, code: "Unimplemented" },
  { does: "two messages", body: Buffer.concat([m, m]), trailers: ok, code: "Unimplemented" },
  { does: "two messages, then an error", body: Buffer.concat([m, m]), trailers: failed, code: "Unimplemented" },
  { does: "no trailers", body: m, code: "Internal" },
  { does: "trailers without a status", body: m, trailers: { "x-other": "1" }, code: "Internal" },
  { does: "a web page", head: { ":status": 200, "content-type": "text/html" }, body: m, code: "Unknown" },
  { does: "no content type", head: { ":status": 200 }, body: m, trailers: ok, code: "Unknown" },
  {
    does: "another protocol's content type",
    head: { ":status": 200, "content-type": "application/grpc-web" },
    body: m,
    trailers: ok,
    code: "Unknown",
  },
  {
    does: "the shortest content type",
    head: { ":status": 200, "content-type": "application/grpc" },
    body: m,
    trailers: ok,
    code: "OK",
  },
  { does: "HTTP 204", head: { ":status": 204 }, code: "Unknown" },
  { does: "HTTP 302", head: { ":status": 302, location: "/" }, code: "Unknown" },
  { does: "HTTP 401", head: { ":status": 401 }, body: m, code: "Unauthenticated" },
  { does: "HTTP 404", head: { ":status": 404 }, body: m, code: "Unimplemented" },
  { does: "HTTP 429", head: { ":status": 429, "retry-after": "1" }, body: m, code: "Unavailable" },
  { does: "HTTP 503", head: { ":status": 503 }, body: m, code: "Unavailable" },
  { does: "HTTP 503 with a status", head: { ...grpcHead, ":status": 503, ...failed }, code: "Unavailable" },
  { does: "a message cut short", body: m.subarray(0, 6), trailers: ok, code: "Internal", theirs: incomplete },
  { does: "a prefix cut short", body: m.subarray(0, 3), trailers: ok, code: "Internal", theirs: incomplete },
  {
    does: "a message and a half",
    body: Buffer.concat([m, m.subarray(0, 6)]),
    trailers: ok,
    code: "Internal",
    theirs: incomplete,
  },
  {
    does: "a length of four gigabytes",
    body: Buffer.from([0, 255, 255, 255, 255, 1]),
    trailers: ok,
    code: "ResourceExhausted",
    theirs: { text: "message size 4294967295 is larger than configured readMaxBytes 4194304" },
  },
  {
    does: "a message beyond the limit",
    body: tooLarge,
    trailers: ok,
    code: "ResourceExhausted",
    theirs: { text: "message size 4194305 is larger than configured readMaxBytes 4194304" },
  },
  { does: "bytes that are no message", body: garbage, trailers: ok, code: "Internal" },
  { does: "bytes that are no message, then an error", body: garbage, trailers: failed, code: "Internal" },
  { does: "a message, then bytes that are none", body: Buffer.concat([m, garbage]), trailers: ok, code: "Internal" },
  { does: "flags that nobody knows", body: envelope(m.subarray(5), 4), trailers: ok, code: "OK" },
  { does: "a compressed message without saying how", body: packed, trailers: ok, code: "Internal" },
  { does: "a compressed message without saying how, then an error", body: packed, trailers: failed, code: "Internal" },
  {
    does: "an encoding that nobody asked for",
    head: { ...grpcHead, "grpc-encoding": "zstd" },
    body: m,
    trailers: ok,
    code: "Internal",
  },
  { does: "no encoding", head: { ...grpcHead, "grpc-encoding": "identity" }, body: m, trailers: ok, code: "OK" },
  { does: "a compressed message", head: gzip, body: packed, trailers: ok, code: "OK" },
  {
    does: "a compressed message, then an error",
    head: gzip,
    body: packed,
    trailers: failed,
    code: "FailedPrecondition",
  },
  { does: "a plain message where all might be compressed", head: gzip, body: m, trailers: ok, code: "OK" },
  { does: "an empty message said to be compressed", head: gzip, body: envelope(none, 1), trailers: ok, code: "OK" },
  { does: "what is not gzip", head: gzip, body: brokenGzip, trailers: ok, code: "InvalidArgument" },
  { does: "two compressed messages", head: gzip, body: Buffer.concat([packed, packed]), code: "Unimplemented" },
  {
    does: "a compressed message, then a plain one",
    head: gzip,
    body: Buffer.concat([packed, m]),
    code: "Unimplemented",
  },
  {
    does: "a plain message, then a compressed one",
    head: gzip,
    body: Buffer.concat([m, packed]),
    code: "Unimplemented",
  },
  {
    does: "a compressed message, then bytes that are none",
    head: gzip,
    body: Buffer.concat([packed, garbage]),
    trailers: ok,
    code: "Internal",
  },
  {
    does: "a message, then what is not gzip",
    head: gzip,
    body: Buffer.concat([m, brokenGzip, brokenGzip]),
    trailers: ok,
    code: "InvalidArgument",
  },
];

function detailed(): OutgoingHttpHeaders {
  const error = new ConnectError("no such room", Code.NotFound, undefined, [
    { desc: RoomInfoSchema, value: { roomId: "r" } },
  ]);
  return Object.fromEntries(setTrailerStatus(new Headers({ "x-other": "1" }), error));
}

function broken(details: string): OutgoingHttpHeaders {
  return { "grpc-status": "5", "grpc-status-details-bin": details };
}

for (const { does, code, theirs, ...reply } of answers) {
  test(`an answer of ${does} ends a unary call with ${code}, and so it does with connect-node`, async (t) => {
    await using peer = await startHttp2Peer((stream) => send(stream, reply));
    const ours = await outcomeOf(ask(ourTransport(t, peer.baseUrl)));
    assert.equal(ours.code, code);
    const reference = await outcomeOf(ask(theirTransport(t, peer.baseUrl)));
    assert.deepEqual({ ...ours, ...theirs }, reference);
    await until(() => peer.streams.every((stream) => stream.closed));
  });
}

const resets: [number, string][] = [
  [constants.NGHTTP2_NO_ERROR, "Internal"],
  [constants.NGHTTP2_PROTOCOL_ERROR, "Internal"],
  [constants.NGHTTP2_INTERNAL_ERROR, "Internal"],
  [constants.NGHTTP2_REFUSED_STREAM, "Unavailable"],
  [constants.NGHTTP2_CANCEL, "Canceled"],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, "ResourceExhausted"],
  [constants.NGHTTP2_INADEQUATE_SECURITY, "PermissionDenied"],
];

for (const [rstCode, code] of resets) {
  test(`a reset of a unary call with HTTP/2 code ${rstCode} is ${code}, before the head as after the message`, async (t) => {
    await using early = await startHttp2Peer((stream) => stream.close(rstCode));
    assert.equal((await outcomeOf(ask(ourTransport(t, early.baseUrl)))).code, code);

    await using late = await startHttp2Peer((stream) => {
      // Trailers that never come keep the stream from ending before it is reset.
      stream.respond(grpcHead, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.close(rstCode));
      stream.end(m);
    });
    assert.equal((await outcomeOf(ask(ourTransport(t, late.baseUrl)))).code, code);
  });
}

const ways: [string, (peer: Http2Peer, cut: () => void) => void][] = [
  ["reset", (_, cut) => cut()],
  ["closed by the server", (peer) => peer.sessions[0]?.destroy()],
  ["ended by GOAWAY with an error", (peer) => peer.sessions[0]?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)],
];

for (const [way, lose] of ways) {
  test(`a connection that is ${way} fails its unary calls with UNAVAILABLE, before the head as after the message`, async (t) => {
    for (const answered of [false, true]) {
      await using peer = await startHttp2Peer((stream) => {
        if (!answered) return;
        stream.respond(grpcHead);
        stream.write(m);
      });
      await using proxy = await startFaultProxy(peer.address);
      const baseUrl = `http://${proxy.address}`;
      const sessionManager = sessionOf(t, baseUrl);
      const onRead = t.mock.method(sessionManager, "notifyResponseByteRead").mock;
      const call = outcomeOf(ask(createStreamTransport({ baseUrl, sessionManager })));
      await until(() => (answered ? onRead.callCount() === 1 : peer.streams.length === 1));
      lose(peer, () => proxy.cut());
      assert.equal((await call).code, "Unavailable");
    }
  });
}
