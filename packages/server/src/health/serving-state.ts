/** Whether the server takes traffic; it stops for good when it drains. */
export class ServingState {
  readonly #listeners = new Set<() => void>();
  #serving = true;

  get serving(): boolean {
    return this.#serving;
  }

  /** From now on NOT_SERVING; tells whoever watches, once. */
  stop(): void {
    if (!this.#serving) return;
    this.#serving = false;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  /** Resolves when the server stops taking traffic, or when the signal aborts. */
  async whenStopped(signal: AbortSignal): Promise<void> {
    if (!this.#serving || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const listener = () => {
        signal.removeEventListener("abort", listener);
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
      signal.addEventListener("abort", listener);
    });
  }
}
