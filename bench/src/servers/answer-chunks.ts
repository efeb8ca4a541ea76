import type { ServerHttp2Stream } from "node:http2";
import { EnvelopeSplitter } from "../wire/envelope-splitter.ts";
import type { FrameWriter } from "../wire/frame-writer.ts";

/** Answers all messages of a chunk at once, and reads no further while the client takes no answers. Ends after the client. */
export function answerChunks(stream: ServerHttp2Stream, frames: FrameWriter, answer: (request: Buffer) => void): void {
  const splitter = new EnvelopeSplitter();
  stream.on("data", (chunk: Buffer) => {
    splitter.push(chunk, answer);
    if (frames.length === 0 || stream.write(frames.take())) return;
    stream.pause();
    stream.once("drain", () => stream.resume());
  });
  stream.on("end", () => stream.end());
}
