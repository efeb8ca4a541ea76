/**
 * An iterator that is fed from outside: values wait in order until they are read. Unlike a generator it can be ended while
 * a read waits.
 */
export class SnapshotStream<T> implements AsyncIterableIterator<T> {
  readonly #waiting: T[] = [];
  readonly #readers: ((result: IteratorResult<T>) => void)[] = [];
  readonly #onEnd: () => void;
  #ended = false;

  /** `onEnd` is called once, by whatever ends the stream. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(value: T): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#waiting.push(value);
    else reader({ done: false, value });
  }

  /** Drops what waits and ends every read, without an error. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting.length = 0;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
    this.#onEnd();
  }

  next(): Promise<IteratorResult<T>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
