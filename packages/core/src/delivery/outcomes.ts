import type { Clock } from "@im-sdk/contracts";
import type { MessageRequest } from "@im-sdk/gen";
import { ImError } from "../im-error.ts";
import type { ClientJournal } from "./client-journal.ts";
import type { OutboxEntry } from "./outbox-entry.ts";
import type { SendReceipt } from "./send-receipt.ts";

/** How a send ended. */
export type SendOutcome = SendReceipt | ImError;

export interface OutcomesOptions {
  clock: Clock;
  journal?: Pick<ClientJournal, "forget"> | undefined;
  /** A message of an earlier process has ended, and no promise of this one was there to tell. */
  onOrphanSettled?: ((message: MessageRequest, outcome: SendOutcome) => void) | undefined;
  /** A message has been told of. */
  onTold(): unknown;
}

/** Tells how messages ended, and has the journal forget them. */
export class Outcomes {
  readonly #options: OutcomesOptions;
  readonly #untold = new Map<OutboxEntry, SendOutcome>();

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /** Messages that have ended and are still to be told of. */
  get untoldCount(): number {
    return this.#untold.size;
  }

  /**
   * Once for each message. That one will not arrive is told only when no later process can find it and send it all the same:
   * when the journal has forgotten it, or when its deadline, after which it is not sent, has passed.
   */
  settle(entry: OutboxEntry, outcome: SendOutcome): void {
    const { journal, clock } = this.#options;
    const { messageId } = entry.message;
    const mayBeFound = outcome instanceof ImError && outcome.code !== "unknown" && clock.now() < entry.deadlineAtMs;
    if (journal !== undefined && mayBeFound) {
      this.#untold.set(entry, outcome);
      journal.forget(messageId, () => this.#tellWaiting(entry));
    } else {
      journal?.forget(messageId);
      this.#tell(entry, outcome);
    }
  }

  /** Tells of those whose deadline has passed; the next deadline, or Infinity. */
  expire(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#untold.keys()) {
      if (entry.deadlineAtMs > nowMs) nextMs = Math.min(nextMs, entry.deadlineAtMs);
      else this.#tellWaiting(entry);
    }
    return nextMs;
  }

  /** Whichever comes first, the journal or the deadline. */
  #tellWaiting(entry: OutboxEntry): void {
    const outcome = this.#untold.get(entry);
    if (outcome === undefined) return;
    this.#untold.delete(entry);
    this.#tell(entry, outcome);
  }

  #tell({ message, promised, release }: OutboxEntry, outcome: SendOutcome): void {
    const { onOrphanSettled, onTold } = this.#options;
    release?.();
    if (promised === undefined) onOrphanSettled?.(message, outcome);
    else if (outcome instanceof ImError) promised.reject(outcome);
    else promised.resolve(outcome);
    onTold();
  }
}
