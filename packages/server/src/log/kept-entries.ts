import type { ResolvedRetention } from "../options/retention.ts";

/** What the retention goes by. */
export interface KeptEntry {
  readonly bytes: number;
  readonly storedAtMs: number;
}

/** From so many dropped entries on, their places are given back, when they are half of all. */
const cutFrom = 1024;

/**
 * The newest entries of a room, as many as its retention allows: by count, by bytes (the newest stays even when it alone is
 * larger) and by age. Entries leave only from the old end.
 */
export class KeptEntries<T extends KeptEntry> {
  readonly #retention: Pick<ResolvedRetention, "maxMessages" | "maxBytes">;
  /** How long an entry is kept, in ms. */
  ttlMs: number;
  // Entries before `#first` have left; they are cut off in bulk, since shift() on a long array is slow.
  #entries: (T | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  constructor(retention: Pick<ResolvedRetention, "maxMessages" | "maxBytes" | "ttlMs">) {
    this.#retention = retention;
    this.ttlMs = retention.ttlMs;
  }

  get count(): number {
    return this.#entries.length - this.#first;
  }

  /** Takes the newest entry, and drops the oldest while there are too many. */
  push(entry: T): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    for (;;) {
      const overfull = this.count > this.#retention.maxMessages || this.#bytes > this.#retention.maxBytes;
      const oldest = this.#entries[this.#first];
      if (!overfull || this.count <= 1 || oldest === undefined) return;
      this.#drop(oldest);
    }
  }

  /** Drops what is too old. */
  dropExpired(nowMs: number): void {
    for (let oldest = this.#entries[this.#first]; oldest !== undefined; oldest = this.#entries[this.#first]) {
      if (nowMs - oldest.storedAtMs < this.ttlMs) return;
      this.#drop(oldest);
    }
  }

  /** Entries from one place to before another, counted from the oldest that is kept. */
  slice(from: number, to: number): readonly T[] {
    return this.#entries.slice(this.#first + from, this.#first + Math.max(from, to)) as T[];
  }

  #drop(oldest: T): void {
    this.#bytes -= oldest.bytes;
    this.#entries[this.#first++] = undefined;
    if (this.#first >= cutFrom && this.#first * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
