import { MessageKeySet } from "./message-key-set.ts";
import { hashOf } from "./string-hash.ts";

/** Remembers at least the last `capacity` messages and at most twice as many, by their ids, which are each sender's own. */
export class RecentIds {
  readonly #capacity: number;
  #current = new MessageKeySet();
  #previous = new MessageKeySet();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Remembers the message; false when it was known. */
  add(messageId: string, roomId: string, userId: string): boolean {
    const hash = hashOf(messageId);
    if (this.#current.has(hash, messageId, roomId, userId)) return false;
    if (this.#previous.has(hash, messageId, roomId, userId)) return false;
    this.#current.add(hash, messageId, roomId, userId);
    if (this.#current.size >= this.#capacity) {
      const oldest = this.#previous;
      oldest.clear();
      this.#previous = this.#current;
      this.#current = oldest;
    }
    return true;
  }
}
