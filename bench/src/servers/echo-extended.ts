import type { ServerHttp2Stream } from "node:http2";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { JoinRoomResponseSchema, MessageRequestSchema, MessageResponseSchema, MessageType } from "@im-sdk/gen";
import { envelope } from "../wire/envelope.ts";
import { FrameWriter } from "../wire/frame-writer.ts";
import { ScannedRequest } from "../wire/scanned-request.ts";
import { answerChunks } from "./answer-chunks.ts";
import type { Tally } from "./batched-server.ts";
import { PositionFrames } from "./position-frames.ts";

const epoch = "bench";

/** Acknowledges every text and gives it back with its position, as a server that grants `ack` and `resume` would; answers joins. */
export function echoExtended(stream: ServerHttp2Stream, tally: Tally): void {
  const frames = new FrameWriter();
  const positions = new PositionFrames(frames, epoch);
  const scanned = new ScannedRequest();
  // So that the response headers leave.
  stream.write(envelope(responseBytes({ type: MessageType.HEARTBEAT })));
  answerChunks(stream, frames, (request) => {
    scanned.scan(request);
    switch (scanned.type) {
      case MessageType.TEXT:
        positions.add(request, scanned);
        break;
      case MessageType.HEARTBEAT:
        tally.heartbeats++;
        reply(frames, responseBytes({ type: MessageType.HEARTBEAT }));
        break;
      case MessageType.JOIN_ROOM:
        reply(frames, joined(request, positions.sequence));
        break;
    }
  });
}

function joined(request: Buffer, sequence: number): Uint8Array {
  const { messageId, roomId, type } = fromBinary(MessageRequestSchema, request);
  const head = { epoch, sequence: BigInt(sequence) };
  const response = create(JoinRoomResponseSchema, { status: { code: 0 }, head, recovered: true });
  return responseBytes({ messageId, roomId, type, content: toBinary(JoinRoomResponseSchema, response) });
}

function responseBytes(fields: MessageInitShape<typeof MessageResponseSchema>): Uint8Array {
  return toBinary(MessageResponseSchema, create(MessageResponseSchema, fields));
}

function reply(frames: FrameWriter, bytes: Uint8Array): void {
  frames.add(bytes.byteLength, (target, offset) => {
    target.set(bytes, offset);
    return offset + bytes.byteLength;
  });
}
