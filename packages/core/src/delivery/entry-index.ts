import type { OutboxEntry } from "./outbox-entry.ts";

const firstCapacity = 16;

/**
 * The entries of an outbox by message id, for some hundred thousand that come and go a second. A Map would do, but for this:
 * V8 gives it a new table every few hundred changes, and the discarded ones, which lie among the old objects once the map does,
 * hold on to all that was in them until the next big collection of garbage. Nearly every message then outlives its time and is
 * moved about for nothing; that made more than a third of the work of a round trip. Open addressing with linear probing.
 */
export class EntryIndex {
  #entries: (OutboxEntry | undefined)[] = new Array(firstCapacity).fill(undefined);
  /** 0 where there is no entry. */
  #hashes = new Int32Array(firstCapacity);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `hash` is `hashOf` the message id. */
  find(messageId: string, hash: number): OutboxEntry | undefined {
    return this.#size === 0 ? undefined : this.#entries[this.#slotOf(messageId, hash)];
  }

  /** An entry whose message id is not there. */
  add(entry: OutboxEntry): void {
    if (this.#size * 2 >= this.#entries.length) this.#resize(2 * this.#entries.length);
    const slot = this.#slotOf(entry.message.messageId, entry.hash);
    this.#entries[slot] = entry;
    this.#hashes[slot] = entry.hash;
    this.#size++;
  }

  /** An entry that is there. */
  delete({ message, hash }: OutboxEntry): void {
    this.#close(this.#slotOf(message.messageId, hash));
    this.#size--;
  }

  /** Where an entry is, or would be. */
  #slotOf(messageId: string, hash: number): number {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let slot = hash & mask;
    for (let found = hashes[slot]; found !== 0; found = hashes[slot]) {
      if (found === hash && this.#entries[slot]?.message.messageId === messageId) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Frees a slot, and moves up what stands behind it only because it was taken. */
  #close(slot: number): void {
    const entries = this.#entries;
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let gap = slot;
    for (let next = (gap + 1) & mask; hashes[next] !== 0; next = (next + 1) & mask) {
      const hash = hashes[next] ?? 0;
      if (((next - hash) & mask) < ((next - gap) & mask)) continue;
      entries[gap] = entries[next];
      hashes[gap] = hash;
      gap = next;
    }
    entries[gap] = undefined;
    hashes[gap] = 0;
  }

  #resize(capacity: number): void {
    const [entries, hashes] = [this.#entries, this.#hashes];
    this.#entries = new Array(capacity).fill(undefined);
    this.#hashes = new Int32Array(capacity);
    for (const [slot, entry] of entries.entries()) {
      const hash = hashes[slot] ?? 0;
      if (entry === undefined) continue;
      let free = hash & (capacity - 1);
      while (this.#hashes[free] !== 0) free = (free + 1) & (capacity - 1);
      this.#entries[free] = entry;
      this.#hashes[free] = hash;
    }
    // Nothing discarded holds on to an entry.
    entries.fill(undefined);
  }
}
