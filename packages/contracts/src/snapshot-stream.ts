/** Options of {@link SnapshotStream}. */
export interface SnapshotStreamOptions {
  /** Which values wait for a reader who is behind: the newest alone, or all in order. Default `newest`. */
  readonly keeps?: "newest" | "all";
  /** Called once, by whatever ends the stream. */
  readonly onEnd?: () => void;
}

/**
 * An iterator that is fed from outside, for the `watch` of a discovery. Unlike a generator it can be ended while a read
 * waits.
 */
export class SnapshotStream<T extends object> implements AsyncIterableIterator<T> {
  readonly #options: SnapshotStreamOptions;
  readonly #waiting: T[] = [];
  readonly #readers: PromiseWithResolvers<IteratorResult<T>>[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: SnapshotStreamOptions = {}) {
    this.#options = options;
  }

  push(value: T): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value });
      return;
    }
    if (this.#options.keeps !== "all") this.#waiting.length = 0;
    this.#waiting.push(value);
  }

  /** Drops what waits and ends every read, without an error. */
  end(): void {
    this.#end(undefined);
  }

  /** As {@link end}, but the read that waits, or else the next one, rejects with the error. */
  fail(error: unknown): void {
    this.#end({ error });
  }

  next(): Promise<IteratorResult<T>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#ended) return this.#last();
    const reader = Promise.withResolvers<IteratorResult<T>>();
    this.#readers.push(reader);
    return reader.promise;
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#waiting.length = 0;
    for (const reader of this.#readers.splice(0)) reader.resolve(this.#last());
    this.#options.onEnd?.();
  }

  #last(): Promise<IteratorResult<T>> {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(failure.error);
  }
}
