import type { ImMessage } from "../messages/im-message.ts";
import type { Accepted } from "./accepted.ts";
import type { Delivery, Outcome } from "./message-consumer.ts";

export interface InboxDeliveryParts {
  message: ImMessage;
  begin: (() => Promise<void>) | undefined;
  accepted: Accepted;
  /** Tells the server that the message was handled. */
  answer: () => void;
  consumerCount: number;
  /** Called when the last consumer is done. */
  onDone: (delivery: InboxDelivery) => void;
}

/** A message that is with its consumers. */
export class InboxDelivery implements Delivery {
  readonly message: ImMessage;
  readonly begin: (() => Promise<void>) | undefined;
  readonly isObsolete: (() => boolean) | undefined;
  readonly accepted: Accepted;
  readonly answer: () => void;
  /** The best that any of its consumers did with it so far. */
  outcome: Outcome = "skipped";
  readonly #onDone: (delivery: InboxDelivery) => void;
  #remaining: number;

  constructor({ message, begin, accepted, answer, consumerCount, onDone }: InboxDeliveryParts) {
    this.message = message;
    this.begin = begin;
    this.isObsolete = accepted.isObsolete;
    this.accepted = accepted;
    this.answer = answer;
    this.#onDone = onDone;
    this.#remaining = consumerCount;
  }

  onHandled(outcome: Outcome = "handled"): void {
    if (this.outcome !== "handled" && outcome !== "skipped") this.outcome = outcome;
    this.#remaining--;
    if (this.#remaining === 0) this.#onDone(this);
  }
}
