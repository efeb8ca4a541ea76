/** Counts what has been achieved, and tells who waits for a certain more of it. */
export class Progress {
  #count = 0;
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();

  get count(): number {
    return this.#count;
  }

  advance(): void {
    this.#count++;
    for (const waiter of this.#waiting) {
      if (waiter.count > this.#count) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves when so many more have come, or the signal aborts. */
  async more(count: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || count <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { count: this.#count + count, resolve };
    this.#waiting.add(waiter);
    const onAbort = () => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    await promise;
    signal.removeEventListener("abort", onAbort);
    this.#waiting.delete(waiter);
  }
}
