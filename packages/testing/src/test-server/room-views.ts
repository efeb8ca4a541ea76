import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { JoinRoomResponseSchema, RoomInfoSchema } from "@im-sdk/gen";
import type { Joined } from "./member-streams.ts";
import type { TestRoom } from "./test-room.ts";

/** A room as the contract describes it. */
export function roomInfo({ id, createdAtMs, log, members }: TestRoom): MessageInitShape<typeof RoomInfoSchema> {
  const lastActive = log.at(-1)?.timestamp;
  return {
    roomId: id,
    name: id,
    config: { persistent: true, allowAudio: true, allowRichText: true },
    createdAt: timestampFromMs(createdAtMs),
    ...(lastActive === undefined ? {} : { lastActive }),
    messageCount: BigInt(log.length),
    userCount: members.length,
  };
}

/** A join's answer as the contract has it; position and recovery are left out by a plain server. */
export function joinResponse(
  { room, recovered }: Joined,
  extensions: boolean,
): MessageInitShape<typeof JoinRoomResponseSchema> {
  return {
    status: { code: 0, message: "joined" },
    roomInfo: roomInfo(room),
    onlineUsers: room.members.map(({ userId }) => userId),
    ...(extensions ? { head: room.head, recovered } : {}),
  };
}
