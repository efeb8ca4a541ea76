/** Whether something is there, and who wants to know. */
export class Availability {
  readonly #listeners = new Set<(isAvailable: boolean) => void>();
  #isAvailable = true;

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  set(isAvailable: boolean): void {
    if (isAvailable === this.#isAvailable) return;
    this.#isAvailable = isAvailable;
    for (const listener of [...this.#listeners]) listener(isAvailable);
  }

  /** Calls back on every change, and at once when it is away already. Returns what ends it. */
  watch(listener: (isAvailable: boolean) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#isAvailable) listener(false);
    return () => this.#listeners.delete(listener);
  }
}
