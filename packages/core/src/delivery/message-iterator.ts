import type { ImError } from "../im-error.ts";
import type { ImMessage } from "../messages/im-message.ts";
import { type Delivery, type MessageConsumer, maxQueuedDeliveries } from "./message-consumer.ts";

interface Waiter {
  resolve(result: IteratorResult<ImMessage>): void;
  reject(error: ImError): void;
}

/** Messages for a `for await` loop. One counts as handled when the loop asks for the next. */
export class MessageIterator implements MessageConsumer, AsyncIterableIterator<ImMessage> {
  readonly #roomId: string | undefined;
  readonly #onEnd: () => void;
  #queue: Delivery[] = [];
  #handling: Delivery | undefined;
  #waiters: Waiter[] = [];
  #error: ImError | undefined;
  #room: { promise: Promise<void>; resolve: () => void } | undefined;
  #ended = false;

  constructor(roomId: string | undefined, onEnd: () => void) {
    this.#roomId = roomId;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(delivery: Delivery): Promise<void> | undefined {
    if (this.#ended || (this.#roomId !== undefined && delivery.message.roomId !== this.#roomId)) {
      delivery.onHandled("dropped");
      return undefined;
    }
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      this.#handling?.onHandled();
      this.#handling = delivery;
      waiter.resolve({ done: false, value: delivery.message });
      return undefined;
    }
    this.#queue.push(delivery);
    if (this.#queue.length < maxQueuedDeliveries) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  next(): Promise<IteratorResult<ImMessage>> {
    this.#handling?.onHandled();
    this.#handling = this.#queue.shift();
    if (this.#queue.length <= maxQueuedDeliveries / 2) {
      this.#room?.resolve();
      this.#room = undefined;
    }
    if (this.#handling !== undefined) return Promise.resolve({ done: false, value: this.#handling.message });
    if (this.#ended) return this.#takeEnd();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** No more messages come; those that are queued are still given, and then the error, if there is one. */
  end(error?: ImError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#onEnd();
    this.#room?.resolve();
    for (const { resolve, reject } of this.#waiters.splice(0)) this.#takeEnd().then(resolve, reject);
  }

  return(): Promise<IteratorResult<ImMessage>> {
    this.#handling?.onHandled();
    this.#handling = undefined;
    for (const delivery of this.#queue.splice(0)) delivery.onHandled("dropped");
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** An error is thrown once, as by any iterator. */
  #takeEnd(): Promise<IteratorResult<ImMessage>> {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }
}
