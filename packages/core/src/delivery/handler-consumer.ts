import type { ImError } from "../im-error.ts";
import { DeliveryQueue, type DeliveryQueueOptions } from "./delivery-queue.ts";
import type { Delivery, MessageConsumer, Outcome } from "./message-consumer.ts";

/** Must not throw or reject; `skipped` when there was nobody to look at the message. */
export type DeliveryHandler = (delivery: Delivery) => Promise<void> | "skipped" | undefined;

/** Calls a handler with one message at a time: the next waits until the promise that the handler gave has settled. */
export class HandlerConsumer implements MessageConsumer {
  readonly #handler: DeliveryHandler;
  readonly #isWanted: () => boolean;
  readonly #queue: DeliveryQueue;
  #busy = false;
  #ended = false;

  /** A message that is not wanted when its turn comes is skipped: it is not begun with, and so not read by that. */
  constructor(handler: DeliveryHandler, options: DeliveryQueueOptions, isWanted: () => boolean = () => true) {
    this.#handler = handler;
    this.#isWanted = isWanted;
    this.#queue = new DeliveryQueue(options);
  }

  push(delivery: Delivery): Promise<void> | undefined {
    if (this.#busy) return this.#queue.push(delivery);
    const done = this.#begin(delivery);
    if (done !== undefined) void this.#continueAfter(done, delivery);
    return undefined;
  }

  /** For good; a connection that is given up may be followed by another, and leaves what it brought. */
  end(error?: ImError): void {
    if (error !== undefined) return;
    this.#ended = true;
    this.#queue.clear();
  }

  /** A promise of the outcome when the handler is not done yet. */
  #begin(delivery: Delivery): Promise<Outcome | undefined> | undefined {
    if (!this.#ended && !this.#isWanted()) {
      delivery.onHandled("skipped");
      return undefined;
    }
    if (!this.#ended && delivery.begin !== undefined) return delivery.begin().then(() => this.#handle(delivery));
    const outcome = this.#ended ? "dropped" : this.#handle(delivery);
    if (typeof outcome === "object") return outcome;
    delivery.onHandled(outcome);
    return undefined;
  }

  #handle(delivery: Delivery): Promise<undefined> | "skipped" | undefined {
    const done = this.#handler(delivery);
    return typeof done === "object" ? done.then(() => undefined) : done;
  }

  async #continueAfter(done: Promise<Outcome | undefined>, delivery: Delivery): Promise<void> {
    this.#busy = true;
    delivery.onHandled(await done);
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      const later = this.#begin(next);
      if (later !== undefined) next.onHandled(await later);
    }
    this.#busy = false;
  }
}
