import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import { HealthStatus, IMService, type ListMessagesRequest, UserRole } from "@im-sdk/gen";
import { negotiate } from "./negotiate.ts";
import { joinResponse, roomInfo } from "./room-views.ts";
import { requireIds, type ServerParts, takePost } from "./server-parts.ts";
import { streamMessages } from "./stream-call.ts";
import type { TestRoom } from "./test-room.ts";

const defaultPageSize = 100;

/** Registers all of `im.v1`. */
export function createRoutes(parts: ServerParts): (router: ConnectRouter) => void {
  const { streams, audio, extensions } = parts;

  const service: ServiceImpl<typeof IMService> = {
    streamMessages: (requests, call) => streamMessages(parts, requests, call),

    sendMessage: ({ messageId, userId, roomId, type, content, metadata, ackRequired }) => {
      const id = extensions ? messageId : "";
      const stored = takePost(parts, { messageId: id, userId, roomId, type, content, metadata, ackRequired });
      const { sequence, epoch } = stored;
      return {
        messageId: stored.messageId,
        status: { code: 0, message: "stored" },
        ...(stored.timestamp === undefined ? {} : { timestamp: stored.timestamp }),
        ...(extensions ? { sequence, epoch } : {}),
      };
    },

    joinRoom: (request) => {
      requireIds(request);
      const { userId } = request;
      const [first, ...more] = streams.of(userId);
      const joined = first === undefined ? streams.joinWithoutStream(userId, request) : streams.join(first, request);
      joined.replay();
      for (const stream of more) streams.join(stream, request).replay();
      return joinResponse(joined, extensions);
    },

    leaveRoom: (request) => {
      requireIds(request);
      const { userId, roomId } = request;
      for (const stay of [...streams.of(userId), "unary" as const]) streams.leave(userId, stay, roomId);
      return { status: { code: 0, message: "left" } };
    },

    getRoomInfo: ({ roomId }) => {
      const room = roomOf(parts, roomId);
      const users = room.members.map(({ userId, nickname, joinedAtMs }) => {
        return { userId, nickname, role: UserRole.USER, joinedAt: timestampFromMs(joinedAtMs) };
      });
      return { status: { code: 0, message: "found" }, roomInfo: roomInfo(room), users };
    },

    uploadAudio: audio.upload,

    getAudioTranscript: () => {
      throw new ConnectError("this server makes no transcripts", Code.FailedPrecondition);
    },

    healthCheck: (_, call) => {
      negotiate(call, extensions);
      return { status: HealthStatus.SERVING, message: "serving" };
    },

    listMessages: (request) => {
      if (!extensions) throw new ConnectError("this server keeps no history", Code.Unimplemented);
      const found = select(roomOf(parts, request.roomId), request);
      const messages = found.slice(0, request.pageSize === 0 ? defaultPageSize : request.pageSize);
      return { status: { code: 0, message: "read" }, messages, hasMore: found.length > messages.length };
    },
  };
  return (router) => router.service(IMService, service);
}

function roomOf({ streams }: ServerParts, roomId: string): TestRoom {
  const room = streams.rooms.find(roomId);
  if (room === undefined) throw new ConnectError(`room "${roomId}" is not here`, Code.NotFound);
  return room;
}

/** Positions of another epoch: all that is kept comes after them, and nothing of it before them. */
function select({ log, epoch }: TestRoom, { after, before }: ListMessagesRequest) {
  const isCurrent = (cursor: { epoch: string }) => cursor.epoch === "" || cursor.epoch === epoch;
  if (before !== undefined && !isCurrent(before)) return [];
  const from = after !== undefined && isCurrent(after) ? after.sequence : 0n;
  return log.filter(({ sequence }) => sequence > from && (before === undefined || sequence < before.sequence));
}
