import type { ImError } from "../im-error.ts";
import { type Delivery, type MessageConsumer, maxQueuedDeliveries } from "./message-consumer.ts";

/** Calls a handler with one message at a time: the next waits until the promise that the handler gave has settled. */
export class HandlerConsumer implements MessageConsumer {
  readonly #handler: (delivery: Delivery) => Promise<void> | undefined;
  #queue: Delivery[] = [];
  #busy = false;
  #ended = false;
  #room: { promise: Promise<void>; resolve: () => void } | undefined;

  /** The handler must not throw or reject. */
  constructor(handler: (delivery: Delivery) => Promise<void> | undefined) {
    this.#handler = handler;
  }

  push(delivery: Delivery): Promise<void> | undefined {
    if (!this.#busy) {
      const done = this.#handler(delivery);
      if (done === undefined) delivery.onHandled();
      else void this.#continueAfter(done, delivery);
      return undefined;
    }
    this.#queue.push(delivery);
    if (this.#queue.length < maxQueuedDeliveries) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** For good; a connection that is given up may be followed by another, and leaves what it brought. */
  end(error?: ImError): void {
    if (error !== undefined) return;
    this.#ended = true;
    for (const delivery of this.#queue.splice(0)) delivery.onHandled("dropped");
    this.#room?.resolve();
    this.#room = undefined;
  }

  async #continueAfter(done: Promise<void>, delivery: Delivery): Promise<void> {
    this.#busy = true;
    await done;
    delivery.onHandled();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      this.#room?.resolve();
      this.#room = undefined;
      for (const next of batch) {
        if (this.#ended) {
          next.onHandled("dropped");
        } else {
          await this.#handler(next);
          next.onHandled();
        }
      }
    }
    this.#busy = false;
  }
}
