import type { ServerHttp2Stream } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { UploadAudioResponseSchema } from "@im-sdk/gen";
import { envelope } from "../wire/envelope.ts";
import { EnvelopeCounter } from "../wire/envelope-counter.ts";

/** Takes an upload and keeps nothing of it; the answer's audio id is how many messages and bytes came, such as `9 262222`. */
export function sinkUpload(stream: ServerHttp2Stream): void {
  const counter = new EnvelopeCounter();
  stream.on("data", (chunk: Buffer) => counter.push(chunk));
  stream.on("end", () => {
    const response = create(UploadAudioResponseSchema, {
      status: { code: 0 },
      audioId: `${counter.count} ${counter.bytes}`,
    });
    stream.end(envelope(toBinary(UploadAudioResponseSchema, response)));
  });
}
