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
  /** It may leave: where there is a journal, it is kept there. */
  isReady: boolean;
  /** Told once how it ended; undefined while nobody waits for a message of an earlier process. */
  onSettled: ((outcome: SendReceipt | ImError) => void) | undefined;
}

export function createEntry(message: MessageRequest, deadlineAtMs: number): OutboxEntry {
  return { message, bytes: entryBytes(message), deadlineAtMs, left: undefined, isReady: false, onSettled: undefined };
}

/** What a message costs in memory, roughly. */
function entryBytes(message: MessageRequest): number {
  return message.content.byteLength + 256;
}
