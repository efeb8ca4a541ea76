// A process of its own that gives every TEXT back as it came, in batches, without decoding it: so that the clients are
// what is measured. Prints its port; ends with its standard input.
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { HealthCheckResponseSchema, HealthStatus } from "@im-sdk/gen";

const grpcHead = { ":status": 200, "content-type": "application/grpc+proto" };
const health = envelope(
  toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: HealthStatus.SERVING })),
);

const server = createServer({ settings: { initialWindowSize: 4 * 1024 * 1024 }, maxSessionMemory: 256 });
server.on("session", (session) => session.setLocalWindowSize(16 * 1024 * 1024));
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.respond(grpcHead, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  if (headers[":path"]?.endsWith("/StreamMessages")) echo(stream);
  else stream.end(health);
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.stdin.on("close", () => process.exit()).resume();

function echo(stream: ServerHttp2Stream): void {
  let rest = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const answers: Buffer[] = [];
    let offset = 0;
    while (bytes.length - offset >= 5) {
      const end = offset + 5 + bytes.readUInt32BE(offset + 1);
      if (end > bytes.length) break;
      answers.push(envelope(answer(bytes.subarray(offset + 5, end))));
      offset = end;
    }
    rest = Buffer.from(bytes.subarray(offset));
    if (answers.length > 0 && !stream.write(Buffer.concat(answers))) {
      stream.pause();
      stream.once("drain", () => stream.resume());
    }
  });
  stream.on("end", () => stream.end());
}

/** Fields 1 to 5 mean the same in request and response; from field 6 on they differ and are left out. */
function answer(request: Buffer): Buffer {
  let offset = 0;
  while (offset < request.length) {
    const tag = request[offset] ?? 0;
    if (tag >>> 3 > 5) break;
    const [value, next] = varint(request, offset + 1);
    offset = (tag & 7) === 2 ? next + value : next;
  }
  return request.subarray(0, offset);
}

function varint(bytes: Buffer, start: number): [value: number, next: number] {
  let value = 0;
  for (let offset = start, shift = 0; ; offset++, shift += 7) {
    const byte = bytes[offset] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, offset + 1];
  }
}

function envelope(data: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(5 + data.byteLength);
  result[0] = 0;
  result.writeUInt32BE(data.byteLength, 1);
  result.set(data, 5);
  return result;
}
