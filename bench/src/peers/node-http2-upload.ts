import { once } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import { toBinary } from "@bufbuild/protobuf";
import { type UploadAudioRequest, UploadAudioRequestSchema } from "@im-sdk/gen";
import { FrameWriter } from "../wire/frame-writer.ts";

/** Eight chunks and their envelopes. */
const writeBytes = 8 * 32 * 1024;

/** Writes the requests of an upload, several at once, no faster than the stream takes them. */
export async function uploadEnvelopes(
  stream: ClientHttp2Stream,
  requests: Iterable<UploadAudioRequest>,
): Promise<void> {
  const frames = new FrameWriter();
  for (const request of requests) {
    const bytes = toBinary(UploadAudioRequestSchema, request);
    frames.add(bytes.byteLength, (target, offset) => {
      target.set(bytes, offset);
      return offset + bytes.byteLength;
    });
    if (frames.length >= writeBytes && !stream.write(frames.take())) await once(stream, "drain");
  }
  if (frames.length > 0) stream.write(frames.take());
}
