/**
 * Puts writes in order: one batch at a time, and all that came meanwhile as the next one, so that a thousand writes that nobody
 * waits for cost a few batches. After a batch has failed nothing is written any more: a log with a hole in it could not be read
 * to its end.
 */
export class GroupWriter<Change> {
  readonly #writeBatch: (changes: readonly Change[]) => Promise<void>;
  #waiting: Change[] = [];
  /** The batch that will take what is waiting. */
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(writeBatch: (changes: readonly Change[]) => Promise<void>) {
    this.#writeBatch = writeBatch;
  }

  /** Resolves once the changes are written; rejects with the failure of their batch, or of the first that failed. */
  write(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.#waiting.push(change);
    this.#next ??= this.#after(this.#last);
    return this.#next;
  }

  /** Resolves when nothing is being written any more, well or not. */
  async drain(): Promise<void> {
    await this.#last.catch(() => {});
  }

  #after(last: Promise<void>): Promise<void> {
    const take = () => {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#next = undefined;
      return batch;
    };
    this.#last = last.then(
      () => this.#writeBatch(take()),
      (failure) => {
        take();
        throw failure;
      },
    );
    return this.#last;
  }
}
