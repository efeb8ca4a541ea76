import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type MessageRequest,
  MessageRequestSchema,
  type MessageResponse,
  MessageResponseSchema,
  MessageType,
} from "@im-sdk/gen";

/** A message on its way out. */
export function outgoing(messageId: string, contentBytes = 0): MessageRequest {
  return create(MessageRequestSchema, {
    messageId,
    userId: "ann",
    roomId: "r",
    type: MessageType.TEXT,
    content: new Uint8Array(contentBytes),
  });
}

/** A received text of room `r`, unless the fields say otherwise. */
export function incoming(
  messageId: string,
  fields: MessageInitShape<typeof MessageResponseSchema> = {},
): MessageResponse {
  return create(MessageResponseSchema, {
    messageId,
    roomId: "r",
    fromUserId: "bob",
    type: MessageType.TEXT,
    content: Buffer.from(messageId),
    ...fields,
  });
}
