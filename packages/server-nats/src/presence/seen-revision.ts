import { withDeadline } from "./with-deadline.ts";

/** How far the history of the bucket has been worked through. */
export class SeenRevision {
  readonly #waiting = new Set<{ readonly revision: number; readonly done: () => void }>();
  #revision = 0;

  get value(): number {
    return this.#revision;
  }

  /** Works through the history from the start, which may be another one. */
  reset(): void {
    this.#revision = 0;
  }

  reach(revision: number): void {
    this.#revision = revision;
    for (const waiting of this.#waiting) {
      if (waiting.revision > revision) continue;
      this.#waiting.delete(waiting);
      waiting.done();
    }
  }

  /** Resolves when the revision is reached; rejects when it is not within `timeoutMs`. */
  async whenReached(revision: number, timeoutMs: number): Promise<void> {
    if (this.#revision >= revision) return;
    const reached = Promise.withResolvers<void>();
    const waiting = { revision, done: reached.resolve };
    this.#waiting.add(waiting);
    try {
      await withDeadline(reached.promise, timeoutMs, () => new Error(`NATS has not told revision ${revision} in time`));
    } finally {
      this.#waiting.delete(waiting);
    }
  }
}
