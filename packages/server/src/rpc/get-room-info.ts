import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import type { IMService } from "@im-sdk/gen";
import { callerOf, requireId } from "../identity/caller.ts";
import { toRefusal } from "../rooms/refusal.ts";
import { roomInfo, roomUser } from "../rooms/room-views.ts";
import type { ServiceContext } from "../service-context.ts";

/** Describes a room and who is in it; NOT_FOUND when it is not there. */
export function createGetRoomInfo(context: ServiceContext): ServiceImpl<typeof IMService>["getRoomInfo"] {
  return async (request, call) => {
    callerOf(call, request.userId);
    const roomId = requireId("room_id", request.roomId, context.options.limits.maxIdLength);
    try {
      const room = await context.rooms.lookUp(roomId);
      if (room === undefined) throw new ConnectError(`room "${roomId}" is not here`, Code.NotFound);
      const [head, members] = await Promise.all([room.log.head(), context.presence.list(roomId)]);
      return {
        status: { code: 0, message: "found" },
        roomInfo: roomInfo(room, head, members.length),
        users: members.map((member) => roomUser(member, room.options)),
      };
    } catch (error) {
      throw toRefusal(error, context.options.logger);
    }
  };
}
