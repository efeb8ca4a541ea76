import { hash } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";
import { type LogEntry, messageBytes } from "@im-sdk/server";

/** Where and when JetStream stored a message. */
export interface StoredAt {
  readonly sequence: bigint;
  readonly timestampMs: number;
}

/** What is stored of a message; position and time are JetStream's. */
export function encodeMessage(message: MessageResponse): Uint8Array {
  return toBinary(MessageResponseSchema, message);
}

/**
 * The message as the log tells it. In a stream no position is left out, so the one before is the one that is less by one, and what
 * somebody else has stored and cannot be read is a message without content.
 */
export function decodeEntry(data: Uint8Array, epoch: string, { sequence, timestampMs }: StoredAt): LogEntry {
  const message = readMessage(data);
  message.epoch = epoch;
  message.sequence = sequence;
  message.previousSequence = sequence - 1n;
  message.timestamp = timestampFromMs(timestampMs);
  return { message, bytes: messageBytes(message) };
}

/** Never throws: the connection would not outlive that. */
function readMessage(data: Uint8Array): MessageResponse {
  try {
    // No Buffer: content would become one too.
    return fromBinary(MessageResponseSchema, new Uint8Array(data.buffer, data.byteOffset, data.length));
  } catch {
    return create(MessageResponseSchema);
  }
}

/** The `Nats-Msg-Id` of a user's key: JetStream keeps them in memory, and takes no line breaks. */
export function duplicateId(userId: string, key: string): string {
  return hash("sha256", `${userId.length} ${userId}${key}`, "base64url");
}

/** Where and when a message that a consumer delivers was stored, and its number in the delivery, from the subject to reply to. */
export function deliveryOf(reply: string): StoredAt & { readonly delivery: number } {
  const [sequence = "", delivery = "", nanoseconds = ""] = deliveryTokens(reply);
  return {
    sequence: BigInt(sequence),
    delivery: Number(delivery),
    timestampMs: Number(nanoseconds.slice(0, -6)),
  };
}

/** When such a message was stored, in ms since the Unix epoch with a fraction: to the microsecond. */
export function exactTimeMs(reply: string): number {
  const [, , nanoseconds = ""] = deliveryTokens(reply);
  return Number(nanoseconds.slice(0, -3)) / 1000;
}

/** $JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<delivery>.<ns>.<pending>; later servers have domain and account first. */
function deliveryTokens(reply: string): readonly string[] {
  const tokens = reply.split(".");
  return tokens.slice(tokens.length === 9 ? 5 : 7);
}
