import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type MessageResponse, MessageResponseSchema, MessageType, SystemContentSchema } from "@im-sdk/gen";
import { v7 as uuid } from "uuid";
import type { PresenceChange } from "../presence/presence.ts";

/** A SYSTEM frame: told to who is there, kept in no log. */
export function systemEvent(
  roomId: string,
  eventType: string,
  eventData: Record<string, string>,
  nowMs: number,
): MessageResponse {
  return create(MessageResponseSchema, {
    messageId: uuid(),
    roomId,
    type: MessageType.SYSTEM,
    content: toBinary(SystemContentSchema, create(SystemContentSchema, { eventType, eventData })),
    timestamp: timestampFromMs(nowMs),
  });
}

/** `user_joined` or `user_left`, with the user's id and, when there is one, nickname. */
export function presenceEvent({ type, roomId, member }: PresenceChange, nowMs: number): MessageResponse {
  const { userId, nickname } = member;
  const data = nickname === "" ? { user_id: userId } : { user_id: userId, nickname };
  return systemEvent(roomId, type === "joined" ? "user_joined" : "user_left", data, nowMs);
}
