import type { OutboxEntry } from "./outbox-entry.ts";

/** Messages that have left and wait for their ACK, and a way to wait until there is one. */
export class UnacknowledgedSet {
  readonly #entries = new Set<OutboxEntry>();
  #filled: PromiseWithResolvers<void> | undefined;

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add(entry: OutboxEntry): void {
    this.#entries.add(entry);
    this.#filled?.resolve();
    this.#filled = undefined;
  }

  delete(entry: OutboxEntry): void {
    this.#entries.delete(entry);
  }

  /** Resolves as soon as there is one. */
  whenFilled(): Promise<void> {
    if (!this.isEmpty) return Promise.resolve();
    this.#filled ??= Promise.withResolvers();
    return this.#filled.promise;
  }
}
