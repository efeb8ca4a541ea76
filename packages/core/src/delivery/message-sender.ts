import { toBinary } from "@bufbuild/protobuf";
import type { Clock } from "@im-sdk/contracts";
import { MessageRequestSchema, type MessageType } from "@im-sdk/gen";
import { v7 as uuidv7 } from "uuid";
import { invalidArgument, requireId, requireTimeoutMs } from "../check-argument.ts";
import type { Connection } from "../connection/connection.ts";
import { ImError } from "../im-error.ts";
import { encodeMessage } from "../messages/encode-message.ts";
import type { Outbox } from "./outbox.ts";
import type { SendReceipt } from "./send-receipt.ts";

export interface SendOptions {
  /** Gives the message up; one that has left may still arrive. */
  signal?: AbortSignal;
  /** The send settles within this, at most `outbox.maxAgeMs`; default `requestTimeoutMs`. */
  timeoutMs?: number;
  /** Annotations for the receivers. */
  metadata?: Record<string, string>;
  /** By default a new UUIDv7. The server keeps one copy of messages with the same id. */
  messageId?: string;
}

export interface MessageSenderOptions {
  userId: string;
  requestTimeoutMs: number;
  /** Of the outbox: no deadline is later. */
  maxAgeMs: number;
  maxSendBytes: number;
  outbox: Outbox;
  connection: Connection;
  clock: Clock;
}

/** Checks messages and hands them to the outbox. */
export class MessageSender {
  readonly #options: MessageSenderOptions;
  #isDraining = false;

  constructor(options: MessageSenderOptions) {
    this.#options = options;
  }

  async send(roomId: string, type: MessageType, content: Uint8Array, options: SendOptions = {}): Promise<SendReceipt> {
    const { userId, requestTimeoutMs, maxAgeMs, maxSendBytes, outbox, connection, clock } = this.#options;
    requireId("roomId", roomId);
    const timeoutMs = requireTimeoutMs("timeoutMs", options.timeoutMs ?? Math.min(requestTimeoutMs, maxAgeMs));
    if (timeoutMs > maxAgeMs) throw invalidArgument("timeoutMs", timeoutMs, `at most outbox.maxAgeMs, ${maxAgeMs} ms`);
    const messageId = options.messageId === undefined ? uuidv7() : requireId("messageId", options.messageId);
    if (connection.state === "idle" || connection.state === "closed") await connection.ready(undefined);
    if (this.#isDraining) throw new ImError("failed_precondition", "the client is draining and takes no more messages");

    const metadata = options.metadata ?? {};
    const message = encodeMessage(userId, messageId, clock.now(), { roomId, type, content, metadata });
    const maxBytes = upperBoundBytes(content, [userId, messageId, roomId, ...Object.entries(metadata).flat()]);
    if (maxBytes > maxSendBytes) {
      const bytes = toBinary(MessageRequestSchema, message).byteLength + extensionBytes;
      if (bytes > maxSendBytes) {
        throw new ImError(
          "invalid_argument",
          `message of ${bytes} bytes is larger than maxSendBytes (${maxSendBytes} bytes)`,
        );
      }
    }
    return outbox.send(message, { timeoutMs, signal: options.signal });
  }

  /** Takes no more messages; resolves when all that were taken are settled. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#options.outbox.whenEmpty();
  }
}

/** `ack_required`, which is set only when the message leaves. */
const extensionBytes = 3;

/** No encoding of these is longer: three bytes of UTF-8 for a UTF-16 unit, and the tags and lengths around them. */
function upperBoundBytes(content: Uint8Array, strings: string[]): number {
  let bytes = content.byteLength + 64;
  for (const text of strings) bytes += text.length * 3 + 16;
  return bytes;
}
