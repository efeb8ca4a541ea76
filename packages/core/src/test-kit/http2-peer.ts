import { once } from "node:events";
import http2, {
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import type { AddressInfo } from "node:net";
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { EnvelopeSplitter } from "../transport/envelope-splitter.ts";

/** A peer that speaks HTTP/2 and nothing above it: what a stream is answered is up to the test, sense or nonsense. */
export interface Http2Peer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly address: string;
  readonly sessions: readonly ServerHttp2Session[];
  readonly streams: readonly ServerHttp2Stream[];
}

/** Listens on loopback; sessions that are still open end with the peer. */
export async function startHttp2Peer(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  options: ServerOptions = {},
): Promise<Http2Peer> {
  const server = http2.createServer(options);
  const sessions: ServerHttp2Session[] = [];
  const streams: ServerHttp2Stream[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    streams.push(stream);
    stream.on("error", () => {});
    onStream(stream, headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    address: `127.0.0.1:${port}`,
    sessions,
    streams,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const session of sessions) if (!session.destroyed) session.destroy();
    },
  };
}

export const grpcHead = { ":status": 200, "content-type": "application/grpc+proto" };

/** One gRPC envelope around any bytes. */
export function envelope(data: Uint8Array, flags = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(data.byteLength, 1);
  return Buffer.concat([prefix, data]);
}

/** A message in its envelope. */
export function encoded<T extends DescMessage>(schema: T, init: MessageInitShape<T>): Buffer {
  return envelope(toBinary(schema, create(schema, init)));
}

/** Calls back with each message of the request. */
export function onMessages<T extends DescMessage>(
  stream: ServerHttp2Stream,
  schema: T,
  callback: (message: MessageShape<T>) => void,
): void {
  const splitter = new EnvelopeSplitter(0xffffffff);
  stream.on("data", (chunk: Buffer<ArrayBuffer>) => {
    splitter.push(chunk, (_, bytes, start, end) => callback(fromBinary(schema, bytes.subarray(start, end))));
  });
}

/** Answers with these bytes and, if they are given, trailers. */
export function answer(stream: ServerHttp2Stream, body: Uint8Array, trailers?: Record<string, string>): void {
  stream.respond(grpcHead, { waitForTrailers: trailers !== undefined });
  if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(body);
}
