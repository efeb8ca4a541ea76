import type { MessageRequest } from "@im-sdk/gen";

/** The request side of a call, moved by hand; it counts what is asked of it. */
export class ManualInput<T = MessageRequest> implements AsyncIterableIterator<T> {
  pulls = 0;
  returns = 0;
  readonly thrown: unknown[] = [];
  readonly #items: (T | Error)[] = [];
  #isEnded = false;
  #waiter: PromiseWithResolvers<IteratorResult<T>> | undefined;

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(...items: T[]): void {
    this.#items.push(...items);
    this.#wake();
  }

  fail(error: Error): void {
    this.#items.push(error);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  next(): Promise<IteratorResult<T>> {
    this.pulls++;
    this.#waiter = Promise.withResolvers();
    const { promise } = this.#waiter;
    this.#wake();
    return promise;
  }

  async throw(reason: unknown): Promise<IteratorResult<T>> {
    this.thrown.push(reason);
    return this.#finish();
  }

  async return(): Promise<IteratorResult<T>> {
    this.returns++;
    return this.#finish();
  }

  #finish(): IteratorResult<T> {
    this.#items.length = 0;
    this.end();
    return { done: true, value: undefined };
  }

  #wake(): void {
    const waiter = this.#waiter;
    if (waiter === undefined || (this.#items.length === 0 && !this.#isEnded)) return;
    this.#waiter = undefined;
    const item = this.#items.shift();
    if (item instanceof Error) waiter.reject(item);
    else waiter.resolve(item === undefined ? { done: true, value: undefined } : { done: false, value: item });
  }
}
