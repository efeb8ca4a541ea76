import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import {
  AckContentSchema,
  ackContentCodec,
  type JoinRoomResponse,
  JoinRoomResponseSchema,
  type MessageRequest,
  type MessageResponse,
  MessageResponseSchema,
  MessageType,
} from "@im-sdk/gen";
import { messageBytes } from "../log/message-bytes.ts";
import type { Appended } from "../log/room-log.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";

const ping = new TextEncoder().encode("ping");

/** The message was stored, or the leave was done; the position is that of the stored message. */
export function ackFrame(request: MessageRequest, originalMessageId: string, appended?: Appended): OutgoingFrame {
  const position = appended && { sequence: appended.sequence, epoch: appended.epoch };
  return ackOf(request, { originalMessageId, success: true, ...position });
}

/** The message was refused. */
export function refusalFrame(request: MessageRequest, error: ConnectError): OutgoingFrame {
  const retryAfterMs = Number(error.metadata.get("grpc-retry-pushback-ms") ?? 0);
  return ackOf(request, {
    originalMessageId: request.messageId,
    success: false,
    errorMessage: error.rawMessage,
    code: error.code,
    ...(retryAfterMs > 0 ? { retryAfter: durationFromMs(retryAfterMs) } : {}),
  });
}

/** Answers a JOIN_ROOM frame; a refusal comes the same way, with the gRPC code as its status. */
export function joinFrame(messageId: string, roomId: string, response: JoinRoomResponse): OutgoingFrame {
  const content = toBinary(JoinRoomResponseSchema, response);
  return frameOf({ messageId, roomId, type: MessageType.JOIN_ROOM, content });
}

/** What a refused join says instead. */
export function joinRefusal(error: ConnectError): JoinRoomResponse {
  return create(JoinRoomResponseSchema, { status: { code: error.code, message: error.rawMessage } });
}

/** A sign of life. */
export function heartbeatFrame(messageId = ""): OutgoingFrame {
  return frameOf({ messageId, type: MessageType.HEARTBEAT, content: ping });
}

// The frame has no id of its own: the message that it answers is named inside, and its id must not look like a second copy.
function ackOf(request: MessageRequest, content: MessageInitShape<typeof AckContentSchema>): OutgoingFrame {
  const ack = create(AckContentSchema, content);
  const target = Buffer.allocUnsafe(ackContentCodec.sizeBound(ack));
  const bytes = target.subarray(0, ackContentCodec.write(ack, target, 0));
  return frameOf({ roomId: request.roomId, type: MessageType.ACK, content: bytes });
}

function frameOf(fields: MessageInitShape<typeof MessageResponseSchema>): OutgoingFrame {
  const message: MessageResponse = create(MessageResponseSchema, fields);
  return { message, bytes: messageBytes(message) };
}
