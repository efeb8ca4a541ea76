import type { MessageRequest } from "@im-sdk/gen";
import type { ImError } from "../im-error.ts";
import type { SendReceipt } from "./send-receipt.ts";

/** What settles a message: the server's ACK, or, where the server gives none, the hand-over to HTTP/2. */
export type Settlement = "acknowledged" | "written";

/** How long, and for whom, a message stays in the outbox. */
export interface OutboxSendOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** A message that is not settled. */
export interface OutboxEntry {
  readonly message: MessageRequest;
  readonly bytes: number;
  readonly deadlineAtMs: number;
  /** Set once it may have reached the server: what its connection promised to say about it. */
  left: Settlement | undefined;
  /** Once; what comes later changes nothing. */
  settle(outcome: SendReceipt | ImError): void;
}

/** What a message costs in memory, roughly. */
export function entryBytes(message: MessageRequest): number {
  return message.content.byteLength + 256;
}
