import type { Client } from "@connectrpc/connect";
import type { IMService } from "@im-sdk/gen";
import { invalidArgument, requireId } from "../check-argument.ts";
import type { RoomPosition } from "../delivery/gap.ts";
import { ImError } from "../im-error.ts";
import { decodeMessage } from "../messages/decode-message.ts";
import type { ImMessage } from "../messages/im-message.ts";
import { callWithStatus, type RequestOptions } from "../unary-call.ts";

/** Which part of a room's history. */
export interface ListMessagesOptions extends RequestOptions {
  /** Only messages after this position; by default from the oldest that is kept. */
  after?: RoomPosition;
  /** Only messages before this position; by default up to the newest. */
  before?: RoomPosition;
  /** Messages fetched at a time; by default the server chooses. */
  pageSize?: number;
}

export interface ListMessagesContext {
  userId: string;
  service: Client<typeof IMService>;
  requestTimeoutMs: number;
}

/** A room's history, oldest first, fetched page by page as the loop goes on; the deadline is each page's. */
export async function* listMessages(
  { userId, service, requestTimeoutMs }: ListMessagesContext,
  roomId: string,
  options: ListMessagesOptions,
): AsyncGenerator<ImMessage, void, undefined> {
  requireId("roomId", roomId);
  const { before, pageSize = 0 } = options;
  if (!Number.isInteger(pageSize) || pageSize < 0) {
    throw invalidArgument("pageSize", pageSize, "an integer from 0 up");
  }
  let { after } = options;
  for (;;) {
    const request = {
      roomId,
      userId,
      pageSize,
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
    };
    const page = await callWithStatus(`reading the history of ${roomId}`, options, requestTimeoutMs, (call) =>
      service.listMessages(request, call),
    );
    const last = page.messages.at(-1);
    if (last !== undefined && after?.epoch === last.epoch && last.sequence <= after.sequence) {
      throw new ImError(
        "data_loss",
        `reading the history of ${roomId}: the server gives the same messages again and again`,
      );
    }
    for (const frame of page.messages) yield decodeMessage(frame, () => {});
    if (!page.hasMore || last === undefined) return;
    after = { epoch: last.epoch, sequence: last.sequence };
  }
}
