/** How many messages have left and wait for their ACK, and a way to wait until there is one. */
export class UnacknowledgedCount {
  #count = 0;
  readonly #onFilled = new Set<() => void>();

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add(): void {
    this.#count++;
    if (this.#onFilled.size === 0) return;
    for (const listener of this.#onFilled) listener();
    this.#onFilled.clear();
  }

  remove(): void {
    this.#count--;
  }

  /** Calls back as soon as there is one; returns what calls that off. */
  onceFilled(listener: () => void): () => void {
    if (this.isEmpty) this.#onFilled.add(listener);
    else listener();
    return () => this.#onFilled.delete(listener);
  }
}
