export interface SkippingQueueOptions<T> {
  /** False for items that nobody wants any more: they are passed over. */
  isWanted(item: T): boolean;
  /** How many items are wanted at the most, in or out of the queue. */
  wantedCount(): number;
}

/** First in, first out, but for items that lost their purpose while they waited. Those do not pile up. */
export class SkippingQueue<T> {
  readonly #options: SkippingQueueOptions<T>;
  #items: T[] = [];
  #head = 0;

  constructor(options: SkippingQueueOptions<T>) {
    this.#options = options;
  }

  replace(items: Iterable<T>): void {
    this.#items = [...items];
    this.#head = 0;
  }

  /** True when the queue was empty before. */
  push(item: T): boolean {
    const { isWanted, wantedCount } = this.#options;
    if (this.#items.length > 2 * wantedCount() + 1024) {
      this.replace(this.#items.slice(this.#head).filter((waiting) => isWanted(waiting)));
    }
    this.#items.push(item);
    return this.#items.length - this.#head === 1;
  }

  shift(): T | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head++];
      if (this.#head === this.#items.length) this.replace([]);
      if (item !== undefined && this.#options.isWanted(item)) return item;
    }
    return undefined;
  }
}
