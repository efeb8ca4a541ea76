import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressedFlag, encodeEnvelope } from "@connectrpc/connect/protocol";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { MessageRequestSchema, MessageType, TextContentSchema } from "@im-sdk/gen";
import { createImServiceRoutes } from "../im-service-routes.ts";
import type { ImServiceOptions } from "../options/im-service-options.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { type RawRequest, rawAnswer } from "../test-kit/raw-answer.ts";
import { envelope } from "../test-kit/raw-stream.ts";
import { startTestServer, type TestServer } from "../test-kit/test-server.ts";

const maxMessageBytes = 1000;
const readMaxBytes = 1024 * 1024 + 64 * 1024;

const options: ImServiceOptions = {
  // Time stands still, so that time stamps take as many bytes on both sides.
  clock: new FakeClock(),
  limits: { maxMessageBytes },
  authenticate(token) {
    if (token === "none") throw new Error("no such token");
    if (token !== "barred") return "alice";
    const error = new ConnectError("gesperrt: 100 % für immer", Code.PermissionDenied, { "retry-info": "never" });
    error.details.push({ desc: TextContentSchema, value: { text: "why" } });
    throw error;
  },
};

const plain = { "user-id": "alice", "room-id": "r" };
const granted = { ...plain, "im-capabilities": "ack, resume" };

function encode(frame: MessageInitShape<typeof MessageRequestSchema>): Uint8Array {
  return toBinary(MessageRequestSchema, create(MessageRequestSchema, frame));
}

const text = encode({ roomId: "r", type: MessageType.TEXT, content: new Uint8Array(600).fill(97), messageId: "m" });
const compressed = (bytes: Uint8Array) => encodeEnvelope(compressedFlag, new Uint8Array(bytes));
const prefixOf = (bytes: number) => Buffer.from([0, ...Buffer.from(bytes.toString(16).padStart(8, "0"), "hex")]);

/** Each with the status that is to come of it: gRPC's, or HTTP's when it is no gRPC call. */
const calls: Record<string, RawRequest & { readonly status: number }> = {
  "nothing but the end": { headers: plain, status: 0 },
  "nothing but the end, with extensions": { headers: granted, status: 0 },
  "a message": { headers: granted, body: [envelope(text)], status: 0 },
  "the long content type": { headers: { ...plain, "content-type": "application/grpc+proto" }, status: 0 },
  "an empty message": { headers: granted, body: [envelope(Buffer.alloc(0))], status: 0 },
  "JSON that is none": {
    headers: { ...plain, "content-type": "application/grpc+json" },
    body: [envelope(Buffer.from("{"))],
    status: Code.InvalidArgument,
  },
  "a content type that is not gRPC's": { headers: { ...plain, "content-type": "text/plain" }, status: 415 },
  "a content type of gRPC-Web": { headers: { ...plain, "content-type": "application/grpc-web+proto" }, status: -1 },
  "a method that is not POST": { headers: { ...plain, ":method": "PUT" }, status: 405 },
  "a timeout that is none": { headers: { ...plain, "grpc-timeout": "soon" }, status: Code.InvalidArgument },
  "a timeout that is over": { headers: { ...plain, "grpc-timeout": "0m" }, status: Code.DeadlineExceeded },
  "a timeout while the call is open": {
    headers: { "user-id": "alice", "grpc-timeout": "1m" },
    staysOpen: true,
    status: Code.DeadlineExceeded,
  },
  "an unknown compression": { headers: { ...granted, "grpc-encoding": "zstd" }, status: Code.Unimplemented },
  "no compression by name": {
    headers: { ...plain, "grpc-encoding": "identity" },
    body: [envelope(text)],
    status: 0,
  },
  gzip: { headers: { ...plain, "grpc-encoding": "gzip" }, body: [compressed(gzipSync(text))], status: 0 },
  "brotli, in turn with none": {
    headers: { ...plain, "grpc-encoding": "br" },
    body: [compressed(brotliCompressSync(text)), envelope(text), compressed(brotliCompressSync(text))],
    status: 0,
  },
  "answers that may be compressed": { headers: { ...plain, "grpc-accept-encoding": "deflate,br" }, status: 0 },
  "compressed without saying how": { headers: plain, body: [compressed(gzipSync(text))], status: Code.Internal },
  "gzip that is none": {
    headers: { ...plain, "grpc-encoding": "gzip" },
    body: [compressed(text)],
    status: Code.InvalidArgument,
  },
  "gzip that is too large unpacked": {
    headers: { ...plain, "grpc-encoding": "gzip" },
    body: [compressed(gzipSync(Buffer.alloc(readMaxBytes + 1)))],
    status: Code.ResourceExhausted,
  },
  "a message that is too large": {
    headers: granted,
    body: [prefixOf(readMaxBytes + 1)],
    staysOpen: true,
    status: Code.ResourceExhausted,
  },
  "a message that is not protobuf": { headers: granted, body: [envelope(Buffer.from("bad"))], status: Code.Internal },
  "half a message": { headers: plain, body: [envelope(text).subarray(0, 9)], status: Code.InvalidArgument },
  "half a prefix": { headers: plain, body: [envelope(text).subarray(0, 3)], status: Code.InvalidArgument },
  "a user of another token": { headers: { ...plain, "user-id": "bob" }, status: Code.PermissionDenied },
  "a message of another user": {
    headers: plain,
    body: [envelope(encode({ userId: "bob", roomId: "r", type: MessageType.TEXT }))],
    status: Code.PermissionDenied,
  },
  "metadata that is not base64": { headers: { "user-id-bin": "/w" }, status: Code.InvalidArgument },
  "a user id that is too long": { headers: { ...plain, "user-id": "x".repeat(513) }, status: Code.PermissionDenied },
  "a token that is refused": {
    headers: { ...plain, authorization: "Bearer none" },
    staysOpen: true,
    status: Code.Unauthenticated,
  },
  "a refusal with details and metadata": {
    headers: { ...granted, authorization: "Bearer barred" },
    body: [envelope(text)],
    status: Code.PermissionDenied,
  },
};

let batched: TestServer;
let connect: { url: string; close(): void };

before(async () => {
  batched = await startTestServer(options);
  const server = createServer(connectNodeAdapter({ routes: createImServiceRoutes(options) }));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  connect = { url: `http://127.0.0.1:${port}`, close: () => server.close() };
});

after(async () => {
  connect.close();
  await batched[Symbol.asyncDispose]();
});

for (const [name, { status, ...request }] of Object.entries(calls)) {
  test(`${name} is answered as connect answers it`, async () => {
    const [ours, theirs] = [await rawAnswer(batched.server.url, request), await rawAnswer(connect.url, request)];
    assert.deepEqual([ours.headers, ours.trailers], [theirs.headers, theirs.trailers]);
    assert.equal(ours.body.byteLength, theirs.body.byteLength);
    const told = ours.trailers["grpc-status"] ?? ours.headers[":status"];
    if (status >= 0) assert.equal(Number(told), status);
  });
}
