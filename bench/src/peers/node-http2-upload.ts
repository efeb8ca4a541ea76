import { once } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import { toBinary } from "@bufbuild/protobuf";
import { type UploadAudioRequest, UploadAudioRequestSchema } from "@im-sdk/gen";
import { envelope } from "../wire/envelope.ts";
import { writeVarint } from "../wire/varint.ts";

/** How many go to the socket together. */
const chunksPerWrite = 16;
/** Of UploadAudioRequest's field 2, `chunk`. */
const chunkTag = 0x12;
const maxHeaderBytes = 5 + 1 + 5;

/**
 * Writes the requests of an upload, several at once and no faster than the stream takes them. No chunk is copied: what goes before it
 * is a write of its own, and Node hands all writes of a corked stream over together.
 */
export async function uploadEnvelopes(
  stream: ClientHttp2Stream,
  requests: Iterable<UploadAudioRequest>,
): Promise<void> {
  let corked = 0;
  stream.cork();
  for (const request of requests) {
    if (request.data.case === "chunk") writeChunk(stream, request.data.value);
    else stream.write(envelope(toBinary(UploadAudioRequestSchema, request)));
    if (++corked < chunksPerWrite) continue;
    corked = 0;
    stream.uncork();
    if (stream.writableNeedDrain) await once(stream, "drain");
    stream.cork();
  }
  stream.uncork();
}

function writeChunk(stream: ClientHttp2Stream, chunk: Uint8Array): void {
  const header = Buffer.allocUnsafe(maxHeaderBytes);
  header[0] = 0;
  header[5] = chunkTag;
  const end = writeVarint(header, 6, chunk.byteLength);
  header.writeUInt32BE(end - 5 + chunk.byteLength, 1);
  stream.write(header.subarray(0, end));
  stream.write(chunk);
}
