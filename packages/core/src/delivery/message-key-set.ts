const firstCapacity = 16;

/**
 * Messages by id, room and sender, for some hundred thousand a second: what a Set of joined strings does in five times as long,
 * for the strings and for the objects that it leaves to the collection of garbage. Open addressing with linear probing; a search
 * that finds nothing, as nearly all do, looks at the hashes alone.
 */
export class MessageKeySet {
  /** 0 where there is none. */
  #hashes = new Int32Array(firstCapacity);
  #messageIds: string[] = new Array(firstCapacity).fill("");
  #roomIds: string[] = new Array(firstCapacity).fill("");
  #userIds: string[] = new Array(firstCapacity).fill("");
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `hash` is `hashOf` the message id. */
  has(hash: number, messageId: string, roomId: string, userId: string): boolean {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let index = hash & mask;
    for (let found = hashes[index]; found !== 0; found = hashes[index]) {
      if (
        found === hash &&
        this.#messageIds[index] === messageId &&
        this.#roomIds[index] === roomId &&
        this.#userIds[index] === userId
      ) {
        return true;
      }
      index = (index + 1) & mask;
    }
    return false;
  }

  /** One that is not in the set. */
  add(hash: number, messageId: string, roomId: string, userId: string): void {
    if (this.#size * 2 >= this.#hashes.length) this.#grow();
    this.#size++;
    this.#put(hash, messageId, roomId, userId);
  }

  clear(): void {
    this.#hashes.fill(0);
    this.#messageIds.fill("");
    this.#size = 0;
  }

  #put(hash: number, messageId: string, roomId: string, userId: string): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let index = hash & mask;
    while (hashes[index] !== 0) index = (index + 1) & mask;
    hashes[index] = hash;
    this.#messageIds[index] = messageId;
    this.#roomIds[index] = roomId;
    this.#userIds[index] = userId;
  }

  #grow(): void {
    const [hashes, messageIds, roomIds, userIds] = [this.#hashes, this.#messageIds, this.#roomIds, this.#userIds];
    const capacity = 2 * hashes.length;
    this.#hashes = new Int32Array(capacity);
    this.#messageIds = new Array(capacity).fill("");
    this.#roomIds = new Array(capacity).fill("");
    this.#userIds = new Array(capacity).fill("");
    for (const [index, hash] of hashes.entries()) {
      if (hash !== 0) this.#put(hash, messageIds[index] ?? "", roomIds[index] ?? "", userIds[index] ?? "");
    }
  }
}
