/** Those who wait for the same thing to happen. */
export class WaitList {
  #waiters: (() => void)[] = [];

  /** Resolves with the next {@link wake}. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  wake(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
