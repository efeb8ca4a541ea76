import type { MessageRequest } from "@im-sdk/gen";
import { type ReadyMessages, takeReady } from "../transport/ready-messages.ts";

/** Where a stream gets the messages that it writes. */
export interface FrameSource {
  take(): MessageRequest | undefined;
}

/** The request side of a stream: control frames first, then the messages of the source it is given. */
export class OutgoingFrames implements ReadyMessages<MessageRequest> {
  readonly #control: MessageRequest[];
  readonly #onPull: (previous: MessageRequest | undefined) => void;
  #source: FrameSource | undefined;
  #waiter: ((result: IteratorResult<MessageRequest>) => void) | undefined;
  #previous: MessageRequest | undefined;
  #ended = false;

  /** `greeting` are the first frames; `onPull` is told the frame before when the transport asks for the next. */
  constructor(greeting: MessageRequest[], onPull: (previous: MessageRequest | undefined) => void) {
    this.#control = [...greeting];
    this.#onPull = onPull;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(frame: MessageRequest): void {
    this.#control.push(frame);
    this.wake();
  }

  /** The source may have something now; undefined takes it away. */
  setSource(source: FrameSource | undefined): void {
    this.#source = source;
    this.wake();
  }

  wake(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    const result = this.#poll();
    if (result === undefined) return;
    this.#waiter = undefined;
    waiter(result);
  }

  end(): void {
    this.#ended = true;
    this.#source = undefined;
    this.wake();
  }

  readonly [takeReady] = (): MessageRequest | undefined => {
    this.#onPull(this.#previous);
    this.#previous = this.#take();
    return this.#previous;
  };

  next(): Promise<IteratorResult<MessageRequest>> {
    this.#onPull(this.#previous);
    this.#previous = undefined;
    const result = this.#poll();
    if (result !== undefined) return Promise.resolve(result);
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }

  throw(): Promise<IteratorResult<MessageRequest>> {
    return this.return();
  }

  return(): Promise<IteratorResult<MessageRequest>> {
    this.#control.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #poll(): IteratorResult<MessageRequest> | undefined {
    const frame = this.#take();
    if (frame !== undefined) {
      this.#previous = frame;
      return { done: false, value: frame };
    }
    return this.#ended ? { done: true, value: undefined } : undefined;
  }

  #take(): MessageRequest | undefined {
    return this.#control.length > 0 ? this.#control.shift() : this.#source?.take();
  }
}
