import { type ReadyMessages, readyTaker, takeReady } from "../transport/ready-messages.ts";

/** The messages of an inner iterable, with others put between them at any time while the inner one lasts. */
export class InjectableInput<T> implements ReadyMessages<T> {
  readonly #inner: AsyncIterator<T>;
  readonly #takeInner: () => T | undefined;
  readonly #onPass: () => void;
  readonly #injected: T[] = [];
  #pulling = false;
  #ready: Promise<IteratorResult<T>> | undefined;
  #waiter: ((result: IteratorResult<T> | Promise<IteratorResult<T>>) => void) | undefined;

  /** `onPass` is called for every message that leaves, injected or not. */
  constructor(inner: AsyncIterable<T>, onPass: () => void) {
    this.#inner = inner[Symbol.asyncIterator]();
    this.#takeInner = readyTaker(inner);
    this.#onPass = onPass;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Goes out next; one that nobody asks for any more is forgotten with the call. */
  inject(message: T): void {
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#injected.push(message);
      return;
    }
    this.#waiter = undefined;
    this.#onPass();
    waiter({ done: false, value: message });
  }

  next(): Promise<IteratorResult<T>> {
    const injected = this.#injected.shift();
    if (injected !== undefined) {
      this.#onPass();
      return Promise.resolve({ done: false, value: injected });
    }
    const ready = this.#ready;
    if (ready !== undefined) {
      this.#ready = undefined;
      this.#onPass();
      return ready;
    }
    return new Promise((resolve) => {
      this.#waiter = resolve;
      if (!this.#pulling) this.#pull();
    });
  }

  readonly [takeReady] = (): T | undefined => {
    if (this.#pulling || this.#ready !== undefined) return undefined;
    const message = this.#injected.length > 0 ? this.#injected.shift() : this.#takeInner();
    if (message !== undefined) this.#onPass();
    return message;
  };

  throw(reason: unknown): Promise<IteratorResult<T>> {
    return this.#inner.throw?.(reason) ?? this.return();
  }

  return(): Promise<IteratorResult<T>> {
    // An inner iterable without return() would leave who waits waiting.
    this.#waiter?.({ done: true, value: undefined });
    this.#waiter = undefined;
    return this.#inner.return?.() ?? Promise.resolve({ done: true, value: undefined });
  }

  #pull(): void {
    this.#pulling = true;
    this.#inner.next().then(
      (result) => this.#settle(result),
      (reason: unknown) => this.#settle(Promise.reject(reason)),
    );
  }

  #settle(result: IteratorResult<T> | Promise<IteratorResult<T>>): void {
    this.#pulling = false;
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#ready = Promise.resolve(result);
      // Whoever pulls next sees the rejection; until then it is nobody's fault.
      this.#ready.catch(() => {});
      return;
    }
    this.#waiter = undefined;
    this.#onPass();
    waiter(result);
  }
}
