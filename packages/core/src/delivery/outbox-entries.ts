import { EntryList } from "./entry-list.ts";
import type { OutboxEntry } from "./outbox-entry.ts";
import type { OutboxOptions } from "./outbox-options.ts";
import { hashOf } from "./string-hash.ts";

type Bounds = Pick<Required<OutboxOptions>, "maxMessages" | "maxBytes">;

/** What is in the outbox, in the order of sending, and what waits at its door while it is full. */
export class OutboxEntries {
  readonly #bounds: Bounds;
  readonly #onAdmitted: (entry: OutboxEntry) => void;
  readonly #inside = new EntryList();
  readonly #waiting = new EntryList();
  #bytes = 0;

  /** `onAdmitted` is told every entry that comes in. */
  constructor(bounds: Bounds, onAdmitted: (entry: OutboxEntry) => void) {
    this.#bounds = bounds;
    this.#onAdmitted = onAdmitted;
  }

  /** Inside and waiting. */
  get size(): number {
    return this.#inside.size + this.#waiting.size;
  }

  get insideCount(): number {
    return this.#inside.size;
  }

  /** Inside or waiting. `hash` is `hashOf` the message id. */
  find(messageId: string, hash = hashOf(messageId)): OutboxEntry | undefined {
    return this.#inside.find(messageId, hash) ?? this.#waiting.find(messageId, hash);
  }

  inside(): OutboxEntry[] {
    return this.#inside.toArray();
  }

  /** Those inside, then those that wait. */
  all(): OutboxEntry[] {
    return [...this.#inside.toArray(), ...this.#waiting.toArray()];
  }

  /** The oldest that is as wanted, inside or waiting. */
  first(isWanted: (entry: OutboxEntry) => boolean): OutboxEntry | undefined {
    return this.#inside.first(isWanted) ?? this.#waiting.first(isWanted);
  }

  /** Lets an entry in, or has it wait for room behind those that wait already; true when it is in. */
  add(entry: OutboxEntry): boolean {
    if (this.#waiting.size === 0 && this.#hasRoom(entry)) {
      this.#letIn(entry);
      return true;
    }
    entry.place = "waiting";
    this.#waiting.add(entry);
    return false;
  }

  /** Lets these in before all others, whatever the bounds. */
  insertFirst(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) this.remove(entry);
    const later = this.inside();
    for (const entry of later) this.remove(entry);
    for (const entry of [...entries, ...later]) this.#put(entry);
  }

  /** False when it was removed before. */
  remove(entry: OutboxEntry): boolean {
    const { place } = entry;
    if (place === undefined) return false;
    entry.place = undefined;
    if (place === "waiting") {
      this.#waiting.delete(entry);
    } else {
      this.#bytes -= entry.bytes;
      this.#inside.delete(entry);
    }
    return true;
  }

  /** Lets in those that wait, as far as there is room. */
  admitWaiting(): void {
    for (let entry = this.#nextWaiting(); entry !== undefined && this.#hasRoom(entry); entry = this.#nextWaiting()) {
      this.#waiting.delete(entry);
      this.#letIn(entry);
    }
  }

  #nextWaiting(): OutboxEntry | undefined {
    return this.#waiting.size === 0 ? undefined : this.#waiting.first(() => true);
  }

  #letIn(entry: OutboxEntry): void {
    this.#put(entry);
    this.#onAdmitted(entry);
  }

  #put(entry: OutboxEntry): void {
    entry.place = "inside";
    this.#inside.add(entry);
    this.#bytes += entry.bytes;
  }

  /** An empty outbox takes a message of any size. */
  #hasRoom(entry: OutboxEntry): boolean {
    if (this.#inside.size === 0) return true;
    return this.#inside.size < this.#bounds.maxMessages && this.#bytes + entry.bytes <= this.#bounds.maxBytes;
  }
}
