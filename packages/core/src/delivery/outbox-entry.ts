import type { MessageRequest } from "@im-sdk/gen";
import type { SendReceipt } from "./send-receipt.ts";
import { hashOf } from "./string-hash.ts";

/** What settles a message: the server's ACK, or, where the server gives none, the hand-over to HTTP/2. */
export type Settlement = "acknowledged" | "written";

/** How long, and for whom, a message stays in the outbox. */
export interface OutboxSendOptions {
  /** By the outbox's clock. */
  deadlineAtMs: number;
  signal?: AbortSignal | undefined;
}

/** The promise to a sender. Spelled out, since the type library of an app may be older than `PromiseWithResolvers`. */
interface PromisedReceipt {
  readonly promise: Promise<SendReceipt>;
  readonly resolve: (receipt: SendReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/** A message that is not settled. */
export interface OutboxEntry {
  readonly message: MessageRequest;
  /** Of its message id. */
  readonly hash: number;
  readonly bytes: number;
  readonly deadlineAtMs: number;
  /** Where the outbox has it: within its bounds, at its door, or no more. */
  place: "inside" | "waiting" | undefined;
  /** Where it stands among the others of its place. */
  position: number;
  /** Set once it may have reached the server: what its connection promised to say about it. */
  left: Settlement | undefined;
  /** It has left, and its ACK is waited for. */
  isUnacknowledged: boolean;
  /** It may leave: where there is a journal, it is kept there. */
  isReady: boolean;
  /** What the sender was promised; undefined while nobody waits for a message of an earlier process. */
  promised: PromisedReceipt | undefined;
  /** Lets go of the sender's signal. */
  release: (() => void) | undefined;
}

/** `hash` is `hashOf` its message id. */
export function createEntry(
  message: MessageRequest,
  deadlineAtMs: number,
  hash = hashOf(message.messageId),
): OutboxEntry {
  return {
    message,
    hash,
    bytes: entryBytes(message),
    deadlineAtMs,
    place: undefined,
    position: 0,
    left: undefined,
    isUnacknowledged: false,
    isReady: false,
    promised: undefined,
    release: undefined,
  };
}

/** Calls back when the sender's signal aborts, until the entry lets go of it. */
export function onAbort(entry: OutboxEntry, signal: AbortSignal, callback: () => void): void {
  signal.addEventListener("abort", callback, { once: true });
  entry.release = () => signal.removeEventListener("abort", callback);
}

/** What a message costs in memory, roughly. */
function entryBytes(message: MessageRequest): number {
  return message.content.byteLength + 256;
}
