import type { ServerHttp2Stream } from "node:http2";
import { FrameWriter } from "../wire/frame-writer.ts";
import { ScannedRequest } from "../wire/scanned-request.ts";
import { answerChunks } from "./answer-chunks.ts";

/** Gives every message back as a plain `im.v1` server would. */
export function echoPlainly(stream: ServerHttp2Stream): void {
  const frames = new FrameWriter();
  const scanned = new ScannedRequest();
  answerChunks(stream, frames, (request) => {
    scanned.scan(request);
    frames.add(scanned.end, (target, offset) => offset + request.copy(target, offset, 0, scanned.end));
  });
}
