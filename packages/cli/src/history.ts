import { type ImClient, ImError, type ImMessage } from "@im-sdk/core";
import type { JoinRoomResponse } from "@im-sdk/gen";

/** Which part of a room's past. */
export interface HistoryOptions {
  /** The newest of them, so many at the most. */
  readonly last?: number | undefined;
  /** Only messages the server took at this time or later, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * What was said in a room before it was joined, oldest first: up to the position that the answer to the join tells, so that
 * with the messages that come since then nothing is missing and nothing is there twice. Throws ImError `unimplemented` where
 * the server has no history.
 */
export async function* history(
  client: ImClient,
  roomId: string,
  { head }: JoinRoomResponse,
  { last, sinceMs, signal }: HistoryOptions,
): AsyncGenerator<ImMessage, void, undefined> {
  if (head === undefined) throw new ImError("unimplemented", `the server keeps no history of ${roomId}`);
  const { epoch, sequence } = head;
  if (sequence === 0n || last === 0) return;
  const first = last === undefined || BigInt(last) >= sequence ? undefined : sequence - BigInt(last);
  const after = first === undefined ? {} : { after: { epoch, sequence: first } };
  for await (const message of client.listMessages(roomId, {
    ...after,
    before: { epoch, sequence: sequence + 1n },
    signal,
  })) {
    if (sinceMs === undefined || (message.timestamp?.getTime() ?? 0) >= sinceMs) yield message;
  }
}
