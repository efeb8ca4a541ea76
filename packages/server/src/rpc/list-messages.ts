import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import type { IMService, ListMessagesRequest, MessageResponse } from "@im-sdk/gen";
import { callerOf, requireId } from "../identity/caller.ts";
import type { LogEntry, LogHead, LogRange } from "../log/room-log.ts";
import { toRefusal } from "../rooms/refusal.ts";
import type { ServiceContext } from "../service-context.ts";

const defaultPageSize = 100;
const maxPageSize = 1_000;
/** A page must fit into what clients take as one message: 4 MiB by gRPC's convention. */
const maxPageBytes = 2 * 1024 * 1024;

/** Reads a page of a room's history, oldest first; UNIMPLEMENTED on a plain server, NOT_FOUND for an unknown room. */
export function createListMessages(context: ServiceContext): ServiceImpl<typeof IMService>["listMessages"] {
  return async (request, call) => {
    if (context.plain) throw new ConnectError("this server keeps no history", Code.Unimplemented);
    callerOf(call, request.userId);
    const roomId = requireId("room_id", request.roomId, context.options.limits.maxIdLength);
    if (request.pageSize < 0) {
      throw new ConnectError(`page_size is ${request.pageSize}: want at least 0`, Code.InvalidArgument);
    }
    const pageSize = request.pageSize === 0 ? defaultPageSize : Math.min(request.pageSize, maxPageSize);
    try {
      const room = await context.rooms.lookUp(roomId);
      if (room === undefined) throw new ConnectError(`room "${roomId}" is not here`, Code.NotFound);
      const range = rangeOf(request, await room.log.head());
      const status = { code: 0, message: "read" };
      if (range === undefined) return { status, messages: [], hasMore: false };
      // One more than asked for tells whether there is more.
      const entries = await room.log.read({ ...range, limit: pageSize + 1 });
      const messages = fitPage(entries.slice(0, pageSize));
      return { status, messages, hasMore: entries.length > messages.length };
    } catch (error) {
      throw toRefusal(error, context.options.logger);
    }
  };
}

/** Positions of another epoch: all that is kept comes after them, and nothing of it before them. */
function rangeOf({ after, before }: ListMessagesRequest, head: LogHead): Omit<LogRange, "limit"> | undefined {
  const isCurrent = (epoch: string) => epoch === "" || epoch === head.epoch;
  if (before !== undefined && !isCurrent(before.epoch)) return undefined;
  const from = after !== undefined && isCurrent(after.epoch) ? after.sequence : 0n;
  return before === undefined ? { after: from } : { after: from, before: before.sequence };
}

function fitPage(entries: readonly LogEntry[]): MessageResponse[] {
  const messages: MessageResponse[] = [];
  let bytes = 0;
  for (const entry of entries) {
    bytes += entry.bytes;
    if (messages.length > 0 && bytes > maxPageBytes) break;
    messages.push(entry.message);
  }
  return messages;
}
