import { EntryIndex } from "./entry-index.ts";
import type { OutboxEntry } from "./outbox-entry.ts";

const firstCapacity = 16;

/** Entries in the order in which they came, each of which can be found by its message id and taken out at any time. */
export class EntryList {
  readonly #byId = new EntryIndex();
  /** A ring: an entry stands at its `position`, and an empty slot where one was taken out. */
  #slots: (OutboxEntry | undefined)[] = new Array(firstCapacity).fill(undefined);
  /** Position of the first entry, and that of the next to come. */
  #first = 0;
  #next = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** `hash` is `hashOf` the message id. */
  find(messageId: string, hash: number): OutboxEntry | undefined {
    return this.#byId.find(messageId, hash);
  }

  /** An entry whose message id is not there. */
  add(entry: OutboxEntry): void {
    if (this.#next - this.#first === this.#slots.length) this.#makeRoom();
    this.#byId.add(entry);
    entry.position = this.#next++;
    this.#slots[entry.position & (this.#slots.length - 1)] = entry;
  }

  /** An entry that is there. */
  delete(entry: OutboxEntry): void {
    const mask = this.#slots.length - 1;
    this.#byId.delete(entry);
    this.#slots[entry.position & mask] = undefined;
    while (this.#first < this.#next && this.#slots[this.#first & mask] === undefined) this.#first++;
  }

  /** The first that is as wanted. */
  first(isWanted: (entry: OutboxEntry) => boolean): OutboxEntry | undefined {
    for (let position = this.#first; position < this.#next; position++) {
      const entry = this.#slots[position & (this.#slots.length - 1)];
      if (entry !== undefined && isWanted(entry)) return entry;
    }
    return undefined;
  }

  toArray(): OutboxEntry[] {
    const entries: OutboxEntry[] = [];
    for (let position = this.#first; position < this.#next; position++) {
      const entry = this.#slots[position & (this.#slots.length - 1)];
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  /** Closes up the empty slots, and doubles them when that gives too few. */
  #makeRoom(): void {
    const entries = this.toArray();
    const capacity = entries.length * 2 > this.#slots.length ? this.#slots.length * 2 : this.#slots.length;
    // Nothing discarded holds on to an entry.
    this.#slots.fill(undefined);
    if (capacity > this.#slots.length) this.#slots = new Array(capacity).fill(undefined);
    this.#first = 0;
    this.#next = entries.length;
    for (const [position, entry] of entries.entries()) {
      entry.position = position;
      this.#slots[position] = entry;
    }
  }
}
