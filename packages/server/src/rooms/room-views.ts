import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type RoomInfo, RoomInfoSchema, type RoomUserSchema, UserRole } from "@im-sdk/gen";
import type { LogHead } from "../log/room-log.ts";
import type { ResolvedRoomOptions } from "../options/room-options.ts";
import type { Member } from "../presence/presence.ts";
import type { Room } from "./room.ts";

/** A room as the contract describes it. */
export function roomInfo({ id, options }: Room, head: LogHead, userCount: number): RoomInfo {
  const { createdAtMs, lastStoredAtMs, messageCount } = head;
  return create(RoomInfoSchema, {
    roomId: id,
    name: options.name,
    description: options.description,
    config: {
      maxUsers: options.maxUsers,
      persistent: options.persistent,
      messageTtlSeconds: BigInt(options.messageTtlSeconds),
      idleTimeoutSeconds: BigInt(options.idleTimeoutSeconds),
      allowAudio: options.allowAudio,
      allowRichText: options.allowRichText,
      autoTranscribe: options.autoTranscribe,
    },
    createdAt: timestampFromMs(createdAtMs),
    ...(lastStoredAtMs === undefined ? {} : { lastActive: timestampFromMs(lastStoredAtMs) }),
    messageCount: BigInt(messageCount),
    userCount,
  });
}

/** A member as the contract describes it. */
export function roomUser(member: Member, options: ResolvedRoomOptions): MessageInitShape<typeof RoomUserSchema> {
  const { userId, nickname, joinedAtMs } = member;
  return {
    userId,
    nickname,
    role: roleOf(userId, options),
    muted: options.mutedUsers.has(userId),
    joinedAt: timestampFromMs(joinedAtMs),
  };
}

function roleOf(userId: string, { admins, moderators }: ResolvedRoomOptions): UserRole {
  if (admins.has(userId)) return UserRole.ADMIN;
  return moderators.has(userId) ? UserRole.MODERATOR : UserRole.USER;
}
