import { toBinary } from "@bufbuild/protobuf";
import type { Clock } from "@im-sdk/contracts";
import { type MessageRequest, MessageRequestSchema, messageRequestCodec } from "@im-sdk/gen";
import { invalidArgument, requireId, requireTimeoutMs } from "../check-argument.ts";
import type { Connection } from "../connection/connection.ts";
import type { Diagnostics } from "../diagnostics/diagnostics.ts";
import { ImError } from "../im-error.ts";
import { contentOf, metadataOf, type SendableMessage, typeOf } from "../messages/encode-message.ts";
import { newMessageId } from "../messages/new-message-id.ts";
import { toTimestamp } from "../messages/timestamps.ts";
import type { Outbox } from "./outbox.ts";
import type { OutboxSendOptions } from "./outbox-entry.ts";
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
  diagnostics: Diagnostics;
  clock: Clock;
}

/** Checks messages and hands them to the outbox. */
export class MessageSender {
  readonly #options: MessageSenderOptions;
  #isDraining = false;

  constructor(options: MessageSenderOptions) {
    this.#options = options;
  }

  /** Rejects what cannot be sent as `invalid_argument`; the rest settles as {@link Outbox.send} says. */
  send(roomId: string, message: SendableMessage, options: SendOptions = noOptions): Promise<SendReceipt> {
    try {
      const { userId, requestTimeoutMs, maxAgeMs, maxSendBytes, diagnostics, clock } = this.#options;
      requireId("roomId", roomId);
      const timeoutMs = requireTimeoutMs("timeoutMs", options.timeoutMs ?? Math.min(requestTimeoutMs, maxAgeMs));
      if (timeoutMs > maxAgeMs)
        throw invalidArgument("timeoutMs", timeoutMs, `at most outbox.maxAgeMs, ${maxAgeMs} ms`);
      const nowMs = clock.now();
      // A literal, since it is made for every message: `create` takes several times as long.
      const frame: MessageRequest = {
        $typeName: "im.v1.MessageRequest",
        messageId: options.messageId === undefined ? newMessageId(nowMs) : requireId("messageId", options.messageId),
        userId,
        roomId,
        content: contentOf(message),
        type: typeOf(message),
        metadata: metadataOf(options.metadata),
        timestamp: toTimestamp(nowMs),
        ackRequired: false,
      };
      requireSize(frame, maxSendBytes);
      const limits = { deadlineAtMs: nowMs + timeoutMs, signal: options.signal };
      return diagnostics.observesSends
        ? diagnostics.send(frame, () => this.#post(frame, limits))
        : this.#post(frame, limits);
    } catch (reason) {
      return Promise.reject(reason);
    }
  }

  /** Takes no more messages; resolves when all that were taken are settled. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#options.outbox.whenEmpty();
  }

  #post(frame: MessageRequest, limits: OutboxSendOptions): Promise<SendReceipt> {
    const { connection, outbox } = this.#options;
    if (connection.state === "idle" || connection.state === "closed") {
      // Nothing can be sent: `ready` rejects with why.
      return connection.ready(undefined).then(() => this.#post(frame, limits));
    }
    if (!this.#isDraining) return outbox.send(frame, limits);
    return Promise.reject(new ImError("failed_precondition", "the client is draining and takes no more messages"));
  }
}

const noOptions: SendOptions = Object.freeze({});

/** `ack_required`, which is set only when the message leaves. */
const extensionBytes = 3;

function requireSize(message: MessageRequest, maxSendBytes: number): void {
  if (messageRequestCodec.sizeBound(message) + extensionBytes <= maxSendBytes) return;
  const bytes = toBinary(MessageRequestSchema, message).byteLength + extensionBytes;
  if (bytes <= maxSendBytes) return;
  throw new ImError(
    "invalid_argument",
    `message of ${bytes} bytes is larger than maxSendBytes (${maxSendBytes} bytes)`,
  );
}
