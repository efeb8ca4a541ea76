import { create } from "@bufbuild/protobuf";
import { type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";
import { messageBytes } from "../log/message-bytes.ts";
import type { LogEntry } from "../log/room-log.ts";
import type { OutgoingFrame } from "../stream/outgoing-queue.ts";
import type { Subscription } from "./subscription.ts";

/**
 * Hands a stored message to every stream in its room. There are two forms of the frame, each made once and shared by all
 * streams: whoever wants to encode once for all members does it here.
 */
export function fanOut(entry: LogEntry, subscriptions: Iterable<Subscription>): void {
  let plain: OutgoingFrame | undefined;
  for (const subscription of subscriptions) {
    if (subscription.stream.capabilities.resume) {
      subscription.deliver(entry, entry);
    } else {
      plain ??= frameFor(entry, false);
      subscription.deliver(entry, plain);
    }
  }
}

/** The frame of a stored message: with its position for streams with `resume`, else as the plain contract has it. */
export function frameFor(entry: LogEntry, resume: boolean): OutgoingFrame {
  return resume ? entry : { message: plainCopy(entry.message), bytes: entry.bytes };
}

/** Hands a frame that is in no log to the streams in a room, except those of one user; a stream that is full goes without. */
export function announce(message: MessageResponse, subscriptions: Iterable<Subscription>, exceptUserId: string): void {
  const frame = { message, bytes: messageBytes(message) };
  for (const { stream } of subscriptions) {
    if (stream.userId !== exceptUserId) stream.outgoing.offer(frame);
  }
}

function plainCopy(message: MessageResponse): MessageResponse {
  const { messageId, fromUserId, roomId, type, content, timestamp, metadata, ackRequired } = message;
  const fields = { messageId, fromUserId, roomId, type, content, metadata, ackRequired };
  return create(MessageResponseSchema, timestamp === undefined ? fields : { ...fields, timestamp });
}
