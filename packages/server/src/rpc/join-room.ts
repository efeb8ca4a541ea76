import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type { IMService } from "@im-sdk/gen";
import { type Connection, transportKey } from "../connection/connection.ts";
import { requireCaller, requireId } from "../identity/caller.ts";
import { joinResponse, nicknameOf, tellRoomCreated } from "../rooms/join-room.ts";
import type { Joined, JoinIntent } from "../rooms/memberships.ts";
import { toRefusal } from "../rooms/refusal.ts";
import type { ServiceContext } from "../service-context.ts";
import type { ClientStream } from "../stream/client-stream.ts";

/**
 * Puts the user's streams on this HTTP/2 session into a room; all of the user's streams when there is none on it; and when
 * the user has no stream at all, the next one on the session.
 */
export function createJoinRoom(context: ServiceContext): ServiceImpl<typeof IMService>["joinRoom"] {
  return async (request, call) => {
    const { maxIdLength } = context.options.limits;
    const userId = requireCaller(call, request.userId, maxIdLength);
    const roomId = requireId("room_id", request.roomId, maxIdLength);
    const intent = { roomId, nickname: nicknameOf(request.metadata), cursor: request.cursor };
    try {
      const { connection, streams } = streamsForCall(context, call, userId);
      const joined =
        (await joinStreams(context, streams, intent)) ??
        (await context.memberships.joinDetached(connection, userId, intent));
      return await joinResponse(context, joined);
    } catch (error) {
      throw toRefusal(error, context.options.logger);
    }
  };
}

/** Ends what {@link createJoinRoom} began, on the same streams; not being in the room is no error. */
export function createLeaveRoom(context: ServiceContext): ServiceImpl<typeof IMService>["leaveRoom"] {
  return (request, call) => {
    const { maxIdLength } = context.options.limits;
    const userId = requireCaller(call, request.userId, maxIdLength);
    const roomId = requireId("room_id", request.roomId, maxIdLength);
    const { connection, streams } = streamsForCall(context, call, userId);
    for (const stream of streams) context.memberships.leave(stream, roomId);
    context.memberships.leaveDetached(connection, userId, roomId);
    return { status: { code: 0, message: "left" } };
  };
}

function streamsForCall(context: ServiceContext, call: HandlerContext, userId: string) {
  const connection: Connection = call.values.get(transportKey)?.connection ?? context.sharedConnection;
  const here = connection.streamsOf(userId);
  return { connection, streams: here.length > 0 ? here : context.streams.of(userId) };
}

/** The first of the joins; undefined when no stream is left to join. */
async function joinStreams(
  context: ServiceContext,
  streams: readonly ClientStream[],
  intent: JoinIntent,
): Promise<Joined | undefined> {
  let first: Joined | undefined;
  for (const stream of streams) {
    try {
      const joined = await context.memberships.join(stream, intent);
      joined.start();
      if (joined.created) tellRoomCreated(context, stream, intent.roomId);
      first ??= joined;
    } catch (error) {
      // A stream that ended meanwhile is no reason to refuse the others.
      if (!(error instanceof ConnectError) || error.code !== Code.Canceled) throw error;
    }
  }
  return first;
}
