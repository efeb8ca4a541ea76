/** Where a message was stored, and when, in ms since the Unix epoch. */
export interface StoredPosition {
  readonly sequence: bigint;
  readonly timestampMs: number;
}

/** From so many forgotten ids on, their places are given back, when they are half of all. */
const cutFrom = 64;

/**
 * Ids with their positions, first in, first out. One id costs an entry of a Map and three numbers or pointers. The Map alone
 * keeps the order of insertion too, but every look at its oldest key walks over the places of those that were deleted.
 */
export class RememberedIds {
  readonly #slots = new Map<string, number>();
  #ids: string[] = [];
  #sequences: number[] = [];
  #timesMs: number[] = [];
  // Ids before `#first` are forgotten. Slots go on counting when their places are given back: the first place is `#base`.
  #first = 0;
  #base = 0;

  get size(): number {
    return this.#slots.size;
  }

  find(id: string): StoredPosition | undefined {
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : this.#at(slot - this.#base);
  }

  /** Remembers an id; one that is known already is from now on known by this position. */
  add(id: string, { sequence, timestampMs }: StoredPosition): void {
    this.#slots.set(id, this.#base + this.#ids.length);
    this.#ids.push(id);
    this.#sequences.push(Number(sequence));
    this.#timesMs.push(timestampMs);
  }

  /** The position of the oldest id. */
  oldest(): StoredPosition | undefined {
    return this.#at(this.#first);
  }

  forgetOldest(): void {
    const id = this.#ids[this.#first];
    if (id === undefined) return;
    if (this.#slots.get(id) === this.#base + this.#first) this.#slots.delete(id);
    this.#first += 1;
    if (this.#first >= cutFrom && this.#first * 2 >= this.#ids.length) this.#cut();
  }

  #at(index: number): StoredPosition | undefined {
    const sequence = this.#sequences[index];
    const timestampMs = this.#timesMs[index];
    return sequence === undefined || timestampMs === undefined
      ? undefined
      : { sequence: BigInt(sequence), timestampMs };
  }

  #cut(): void {
    this.#ids = this.#ids.slice(this.#first);
    this.#sequences = this.#sequences.slice(this.#first);
    this.#timesMs = this.#timesMs.slice(this.#first);
    this.#base += this.#first;
    this.#first = 0;
  }
}
