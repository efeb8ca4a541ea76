/** Messages for one reader, who waits when there are none. */
export class MessageQueue<T> implements AsyncIterableIterator<T, undefined> {
  #messages: T[] = [];
  #next = 0;
  #isEnded = false;
  #waiting: ((result: IteratorResult<T, undefined>) => void) | undefined;
  readonly #onEnd: () => void;

  /** Told once, when nothing more is wanted. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(message: T): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#messages.push(message);
    else waiting({ done: false, value: message });
  }

  /** What is queued is still given. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
    this.#waiting?.({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#next < this.#messages.length) {
      const value = this.#messages[this.#next++] as T;
      if (this.#next === this.#messages.length) {
        this.#messages = [];
        this.#next = 0;
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
