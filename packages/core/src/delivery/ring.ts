/** How many items fit before it grows for the first time; a power of two, as every capacity is. */
const firstCapacity = 16;

/** First in, first out. Its slots are used again and doubled when they run out, so that an item costs no allocation and no move. */
export class Ring<T extends object> {
  #slots: (T | undefined)[] = new Array(firstCapacity).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  /** The item that was pushed first; undefined when there is none. */
  shift(): T | undefined {
    const item = this.#slots[this.#head];
    if (item === undefined) return undefined;
    // Nothing that was taken is held on to.
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    return item;
  }

  #grow(): void {
    const capacity = this.#slots.length;
    this.#slots = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    for (let index = 0; index < capacity; index++) this.#slots.push(undefined);
    this.#head = 0;
  }
}
