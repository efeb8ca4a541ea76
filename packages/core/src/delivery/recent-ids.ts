import { StringTable } from "./string-table.ts";

interface Known {
  readonly messageId: string;
  readonly roomId: string;
  readonly userId: string;
  /** Another message with the same id, of another user or in another room. */
  readonly next: Known | undefined;
}

/** Remembers at least the last `capacity` messages and at most twice as many, by their ids, which are each sender's own. */
export class RecentIds {
  readonly #capacity: number;
  #current = knownById();
  #previous = knownById();
  #currentCount = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Remembers the message; false when it was known. */
  add(messageId: string, roomId: string, userId: string): boolean {
    const next = this.#current.get(messageId);
    if (isAmong(next, roomId, userId) || isAmong(this.#previous.get(messageId), roomId, userId)) return false;
    this.#current.set({ messageId, roomId, userId, next });
    this.#currentCount++;
    if (this.#currentCount >= this.#capacity) this.#forgetPrevious();
    return true;
  }

  #forgetPrevious(): void {
    const previous = this.#previous;
    previous.clear();
    this.#previous = this.#current;
    this.#current = previous;
    this.#currentCount = 0;
  }
}

function knownById(): StringTable<Known> {
  return new StringTable(({ messageId }) => messageId);
}

function isAmong(known: Known | undefined, roomId: string, userId: string): boolean {
  for (let one = known; one !== undefined; one = one.next) {
    if (one.roomId === roomId && one.userId === userId) return true;
  }
  return false;
}
