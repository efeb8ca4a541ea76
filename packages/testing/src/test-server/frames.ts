import { randomUUID } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import {
  type AckContent,
  AckContentSchema,
  JoinRoomResponseSchema,
  type MessageRequest,
  type MessageResponse,
  MessageResponseSchema,
  MessageType,
  SystemContentSchema,
} from "@im-sdk/gen";

/** A sign of life; the first frame of a stream that negotiated, since headers leave with it. */
export function heartbeatFrame(messageId = ""): MessageResponse {
  const content = new TextEncoder().encode("ping");
  return create(MessageResponseSchema, { messageId, type: MessageType.HEARTBEAT, content });
}

/** What became of a message. */
export function ackFrame(
  { messageId, roomId }: MessageRequest,
  result: MessageInitShape<typeof AckContentSchema>,
): MessageResponse {
  const ack: AckContent = create(AckContentSchema, { originalMessageId: messageId, ...result });
  return create(MessageResponseSchema, { roomId, type: MessageType.ACK, content: toBinary(AckContentSchema, ack) });
}

/** The answer to a JOIN_ROOM frame. */
export function joinFrame(
  { messageId, roomId }: Pick<MessageRequest, "messageId" | "roomId">,
  response: MessageInitShape<typeof JoinRoomResponseSchema>,
): MessageResponse {
  const content = toBinary(JoinRoomResponseSchema, create(JoinRoomResponseSchema, response));
  return create(MessageResponseSchema, { messageId, roomId, type: MessageType.JOIN_ROOM, content });
}

/** What a server tells of a room by itself: to the others that somebody came or went, to who made it that it is there. */
export function systemFrame(
  roomId: string,
  eventType: "user_joined" | "user_left" | "room_created",
  { userId, nickname }: { readonly userId: string; readonly nickname: string },
): MessageResponse {
  const eventData = { user_id: userId, ...(nickname === "" ? {} : { nickname }) };
  const content = toBinary(SystemContentSchema, create(SystemContentSchema, { eventType, eventData }));
  const messageId = randomUUID();
  return create(MessageResponseSchema, {
    messageId,
    roomId,
    type: MessageType.SYSTEM,
    content,
    timestamp: timestampNow(),
  });
}
