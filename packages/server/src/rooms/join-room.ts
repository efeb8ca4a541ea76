import { create } from "@bufbuild/protobuf";
import { type JoinRoomResponse, JoinRoomResponseSchema, RoomCursorSchema } from "@im-sdk/gen";
import { messageBytes } from "../log/message-bytes.ts";
import type { ServiceContext } from "../service-context.ts";
import type { ClientStream } from "../stream/client-stream.ts";
import type { Joined } from "./memberships.ts";
import { roomInfo } from "./room-views.ts";
import { systemEvent } from "./system-events.ts";

/** The longest nickname that is kept. */
const maxNicknameLength = 256;

/** The name for people that a join gives; empty when it gives none. */
export function nicknameOf(metadata: Readonly<Record<string, string>>): string {
  return (metadata.nickname ?? "").slice(0, maxNicknameLength);
}

/** A join's answer as the contract has it; position and recovery are left out by a plain server. */
export async function joinResponse(context: ServiceContext, joined: Joined): Promise<JoinRoomResponse> {
  const { room, head, recovered } = joined;
  const members = await context.presence.list(room.id);
  const onlineUsers = members.map(({ userId }) => userId);
  const response = create(JoinRoomResponseSchema, {
    status: { code: 0, message: "joined" },
    roomInfo: roomInfo(room, head, onlineUsers.length),
    onlineUsers,
  });
  if (context.plain) return response;
  response.head = create(RoomCursorSchema, { epoch: head.epoch, sequence: head.sequence });
  response.recovered = recovered;
  return response;
}

/** Tells a stream that it made a room. */
export function tellRoomCreated(context: ServiceContext, stream: ClientStream, roomId: string): void {
  const data = { user_id: stream.userId };
  const message = systemEvent(roomId, "room_created", data, context.options.clock.now());
  stream.outgoing.push({ message, bytes: messageBytes(message) });
}
