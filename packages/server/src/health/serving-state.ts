/** Whether the server takes traffic: while its storage is there, and until it drains, which is for good. */
export class ServingState {
  readonly #listeners = new Set<() => void>();
  #isStopped = false;
  #isAvailable = true;

  get serving(): boolean {
    return this.#isAvailable && !this.#isStopped;
  }

  /** Drains or closes, and will not serve again. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What the server needs is there. */
  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  /** From now on NOT_SERVING. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#tell();
  }

  /** Whether what the server needs is there; until told otherwise, it is. */
  setAvailable(isAvailable: boolean): void {
    if (this.#isAvailable === isAvailable) return;
    this.#isAvailable = isAvailable;
    this.#tell();
  }

  /** Calls back on every change. Returns what ends it. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves on the next change, or when the signal aborts. */
  async whenChanged(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const done = Promise.withResolvers<void>();
    const unwatch = this.watch(done.resolve);
    const onAbort = () => done.resolve();
    signal.addEventListener("abort", onAbort);
    await done.promise;
    unwatch();
    signal.removeEventListener("abort", onAbort);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
