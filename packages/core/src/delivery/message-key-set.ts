const firstCapacity = 16;

/**
 * Messages by id, room and sender, for some hundred thousand a second: what a Set of joined strings does in five times as long,
 * for the strings and for the objects that it leaves to the collection of garbage. Open addressing with linear probing; a search
 * that finds nothing, as nearly all do, looks at the hashes alone, and what is added goes behind what was added before: a
 * processor waits longer for memory here and there than it takes for all the rest.
 */
export class MessageKeySet {
  /** Two numbers a slot: the hash, 0 where there is none, and where the message stands in the lists. */
  #slots = new Int32Array(2 * firstCapacity);
  #messageIds: string[] = [];
  #roomIds: string[] = [];
  #userIds: string[] = [];

  get size(): number {
    return this.#messageIds.length;
  }

  /** `hash` is `hashOf` the message id. */
  has(hash: number, messageId: string, roomId: string, userId: string): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash << 1) & mask;
    for (let found = slots[slot]; found !== 0; found = slots[slot]) {
      const place = slots[slot + 1] ?? 0;
      if (
        found === hash &&
        this.#messageIds[place] === messageId &&
        this.#roomIds[place] === roomId &&
        this.#userIds[place] === userId
      ) {
        return true;
      }
      slot = (slot + 2) & mask;
    }
    return false;
  }

  /** One that is not in the set. */
  add(hash: number, messageId: string, roomId: string, userId: string): void {
    if (this.size * 4 >= this.#slots.length) this.#grow();
    this.#put(hash, this.size);
    this.#messageIds.push(messageId);
    this.#roomIds.push(roomId);
    this.#userIds.push(userId);
  }

  clear(): void {
    this.#slots.fill(0);
    this.#messageIds = [];
    this.#roomIds = [];
    this.#userIds = [];
  }

  #put(hash: number, place: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash << 1) & mask;
    while (slots[slot] !== 0) slot = (slot + 2) & mask;
    slots[slot] = hash;
    slots[slot + 1] = place;
  }

  #grow(): void {
    const slots = this.#slots;
    this.#slots = new Int32Array(2 * slots.length);
    for (let slot = 0; slot < slots.length; slot += 2) {
      const hash = slots[slot] ?? 0;
      if (hash !== 0) this.#put(hash, slots[slot + 1] ?? 0);
    }
  }
}
