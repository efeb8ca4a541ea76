import type { OutboxEntry } from "./outbox-entry.ts";

/** Messages that have left and wait for their ACK, and a way to wait until there is one. */
export class UnacknowledgedSet {
  readonly #entries = new Set<OutboxEntry>();
  readonly #onFilled = new Set<() => void>();

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Of several that are as large, the one that left first. */
  get largest(): OutboxEntry | undefined {
    let largest: OutboxEntry | undefined;
    for (const entry of this.#entries) if (largest === undefined || entry.bytes > largest.bytes) largest = entry;
    return largest;
  }

  add(entry: OutboxEntry): void {
    this.#entries.add(entry);
    if (this.#onFilled.size === 0) return;
    for (const listener of this.#onFilled) listener();
    this.#onFilled.clear();
  }

  delete(entry: OutboxEntry): void {
    this.#entries.delete(entry);
  }

  /** Calls back as soon as there is one; returns what calls that off. */
  onceFilled(listener: () => void): () => void {
    if (this.isEmpty) this.#onFilled.add(listener);
    else listener();
    return () => this.#onFilled.delete(listener);
  }
}
