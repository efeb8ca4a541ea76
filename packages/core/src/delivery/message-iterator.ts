import { ImError } from "../im-error.ts";
import type { ImMessage } from "../messages/im-message.ts";
import { DeliveryQueue, type DeliveryQueueOptions } from "./delivery-queue.ts";
import type { Delivery, MessageConsumer } from "./message-consumer.ts";

interface Waiter {
  resolve(result: IteratorResult<ImMessage>): void;
  reject(error: ImError): void;
}

/** Messages for a `for await` loop. One counts as handled when the loop asks for the next. */
export class MessageIterator implements MessageConsumer, AsyncIterableIterator<ImMessage> {
  readonly #roomId: string | undefined;
  readonly #onEnd: () => void;
  readonly #closesWhenFull: boolean;
  readonly #queue: DeliveryQueue;
  #handling: Delivery | undefined;
  #waiters: Waiter[] = [];
  #error: ImError | undefined;
  #ended = false;

  constructor(roomId: string | undefined, onEnd: () => void, options: DeliveryQueueOptions) {
    this.#roomId = roomId;
    this.#onEnd = onEnd;
    this.#closesWhenFull = options.whenFull === "close";
    this.#queue = new DeliveryQueue(options);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(delivery: Delivery): Promise<void> | undefined {
    const isOfOthers = this.#roomId !== undefined && delivery.message.roomId !== this.#roomId;
    if (isOfOthers || this.#ended) {
      delivery.onHandled(isOfOthers ? "skipped" : "dropped");
      return undefined;
    }
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      this.#handle(delivery);
      const give = () => waiter.resolve({ done: false, value: delivery.message });
      if (delivery.begin === undefined) give();
      else void delivery.begin().then(give);
      return undefined;
    }
    if (this.#closesWhenFull && this.#queue.isFull) {
      delivery.onHandled("dropped");
      this.end(tooSlow(this.#roomId, this.#queue.length));
      return undefined;
    }
    return this.#queue.push(delivery);
  }

  next(): Promise<IteratorResult<ImMessage>> {
    this.#handle(undefined);
    const delivery = this.#queue.take();
    if (delivery !== undefined) {
      this.#handle(delivery);
      const result = { done: false, value: delivery.message } as const;
      return delivery.begin === undefined ? Promise.resolve(result) : delivery.begin().then(() => result);
    }
    if (this.#ended) return this.#takeEnd();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** No more messages come; those that are queued are still given, and then the error, if there is one. */
  end(error?: ImError, isLeftBehind = false): void {
    if (this.#ended) return;
    if (isLeftBehind) this.#queue.clear();
    this.#ended = true;
    this.#error = error;
    this.#onEnd();
    this.#queue.release();
    for (const { resolve, reject } of this.#waiters.splice(0)) this.#takeEnd().then(resolve, reject);
  }

  return(): Promise<IteratorResult<ImMessage>> {
    this.#handle(undefined);
    this.#queue.clear();
    this.#error = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The one before is done with. */
  #handle(delivery: Delivery | undefined): void {
    const previous = this.#handling;
    this.#handling = delivery;
    previous?.onHandled();
  }

  /** An error is thrown once, as by any iterator. */
  #takeEnd(): Promise<IteratorResult<ImMessage>> {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }
}

function tooSlow(roomId: string | undefined, queued: number): ImError {
  const what = roomId === undefined ? "the messages of all rooms" : `the messages of ${roomId}`;
  return new ImError(
    "resource_exhausted",
    `the loop over ${what} was closed as too slow: ${queued} were waiting for it when another came. Begin a new loop and read what ` +
      'is missing by listMessages(); take messages faster, raise maxQueued, or set whenFull to "pause" or "drop-oldest"',
  );
}
