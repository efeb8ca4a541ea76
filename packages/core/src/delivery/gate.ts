/** Something to wait at until it opens; whoever comes after that waits for the next time. */
export class Gate {
  #waiting: PromiseWithResolvers<void> | undefined;

  /** Resolves when the gate opens next. */
  opened(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  open(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
