import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AckContentSchema,
  type MessageRequest,
  MessageRequestSchema,
  type MessageResponse,
  MessageType,
  SystemContentSchema,
} from "@im-sdk/gen";
import { newMessageId } from "../messages/new-message-id.ts";

/** Tells the server that a received message has been handled. */
export function ackFrame(userId: string, handled: MessageResponse): MessageRequest {
  const content = create(AckContentSchema, { originalMessageId: handled.messageId, success: true });
  return create(MessageRequestSchema, {
    messageId: newMessageId(),
    userId,
    roomId: handled.roomId,
    type: MessageType.ACK,
    content: toBinary(AckContentSchema, content),
  });
}

/** A first frame that names the user and asks for nothing. */
export function introductionFrame(userId: string): MessageRequest {
  return create(MessageRequestSchema, { messageId: newMessageId(), userId, type: MessageType.HEARTBEAT });
}

/** The server's word that it goes away, said only to clients that negotiated. */
export function isServerDraining(frame: MessageResponse): boolean {
  if (frame.type !== MessageType.SYSTEM) return false;
  try {
    return fromBinary(SystemContentSchema, frame.content).eventType === "server_draining";
  } catch {
    return false;
  }
}
