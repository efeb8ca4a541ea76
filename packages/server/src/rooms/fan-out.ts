import { create } from "@bufbuild/protobuf";
import { type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";
import { messageBytes } from "../log/message-bytes.ts";
import type { LogEntry } from "../log/room-log.ts";
import type { OutgoingFrame } from "../stream/outgoing-frame.ts";
import type { Subscription } from "./subscription.ts";

/**
 * Hands a stored message to every stream in its room. There are two forms of the frame, each made, and encoded, once for all
 * streams.
 */
export function fanOut(entry: LogEntry, subscriptions: Iterable<Subscription>): void {
  let positioned: OutgoingFrame | undefined;
  let plain: OutgoingFrame | undefined;
  for (const subscription of subscriptions) {
    if (subscription.stream.capabilities.resume) {
      positioned ??= frameFor(entry, true);
      subscription.deliver(entry, positioned);
    } else {
      plain ??= frameFor(entry, false);
      subscription.deliver(entry, plain);
    }
  }
}

/**
 * The frame of a stored message: with its position for streams with `resume`, else as the plain contract has it. It is not the
 * entry itself, which the log keeps for long, and what is encoded of a frame with it.
 */
export function frameFor({ message, bytes }: LogEntry, resume: boolean): OutgoingFrame {
  return { message: resume ? message : plainCopy(message), bytes };
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
