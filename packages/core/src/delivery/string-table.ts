const firstCapacity = 16;

/**
 * Items by a string that each of them has, such as an id: what a Map does, for ids that come and go by the hundred thousand a
 * second. There a Map takes two to three times as long, and its discarded tables keep what was deleted from being freed by
 * the quick collections of garbage. Open addressing with linear probing; what is deleted leaves no trace.
 */
export class StringTable<T extends object> {
  readonly #keyOf: (item: T) => string;
  /** Other processes do not know which strings collide. */
  readonly #seed = Math.trunc(Math.random() * 2 ** 32);
  #items: (T | undefined)[] = [];
  #hashes = new Int32Array(0);
  #mask = -1;
  #size = 0;

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): T | undefined {
    return this.#size === 0 ? undefined : this.#items[this.#indexOf(key, this.#hash(key))];
  }

  /** Takes the place of an item with the same string. */
  set(item: T): void {
    if (this.#size * 2 >= this.#items.length) this.#grow();
    const key = this.#keyOf(item);
    const hash = this.#hash(key);
    const index = this.#indexOf(key, hash);
    if (this.#items[index] === undefined) this.#size++;
    this.#items[index] = item;
    this.#hashes[index] = hash;
  }

  /** False when there was none. */
  delete(key: string): boolean {
    if (this.#size === 0) return false;
    const index = this.#indexOf(key, this.#hash(key));
    if (this.#items[index] === undefined) return false;
    this.#size--;
    this.#close(index);
    return true;
  }

  clear(): void {
    this.#items.fill(undefined);
    this.#size = 0;
  }

  /** Where an item is, or would be. */
  #indexOf(key: string, hash: number): number {
    const items = this.#items;
    const hashes = this.#hashes;
    const mask = this.#mask;
    let index = hash & mask;
    for (let item = items[index]; item !== undefined; item = items[index]) {
      if (hashes[index] === hash && this.#keyOf(item) === key) break;
      index = (index + 1) & mask;
    }
    return index;
  }

  /** Moves up what stands behind a gap only because that was taken. */
  #close(index: number): void {
    const items = this.#items;
    const hashes = this.#hashes;
    const mask = this.#mask;
    let gap = index;
    for (let next = (gap + 1) & mask; items[next] !== undefined; next = (next + 1) & mask) {
      const hash = hashes[next] ?? 0;
      if (((next - hash) & mask) < ((next - gap) & mask)) continue;
      items[gap] = items[next];
      hashes[gap] = hash;
      gap = next;
    }
    items[gap] = undefined;
  }

  #grow(): void {
    const [items, hashes] = [this.#items, this.#hashes];
    const capacity = Math.max(firstCapacity, 2 * items.length);
    this.#items = new Array<T | undefined>(capacity).fill(undefined);
    this.#hashes = new Int32Array(capacity);
    this.#mask = capacity - 1;
    for (const [old, item] of items.entries()) {
      if (item === undefined) continue;
      const hash = hashes[old] ?? 0;
      let index = hash & this.#mask;
      while (this.#items[index] !== undefined) index = (index + 1) & this.#mask;
      this.#items[index] = item;
      this.#hashes[index] = hash;
    }
  }

  /** FNV-1a, of UTF-16 units. */
  #hash(key: string): number {
    let hash = this.#seed;
    for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
    return hash ^ (hash >>> 15);
  }
}
