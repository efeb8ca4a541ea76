import type { Appended } from "./room-log.ts";

/** Bounds of a {@link DuplicateWindow}. */
export interface DuplicateWindowOptions {
  /** How long a key is remembered at the least, in ms. */
  readonly windowMs: number;
  /** Keys at the most; the oldest are forgotten first. */
  readonly maxKeys: number;
}

/** Remembers where the message of each key was stored, for a while. */
export class DuplicateWindow {
  readonly #options: DuplicateWindowOptions;
  // A Map keeps the order of insertion, so the oldest key is always the first.
  readonly #positions = new Map<string, Appended>();

  constructor(options: DuplicateWindowOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#positions.size;
  }

  /** The position of the first message with this key, marked as duplicate. */
  find(key: string): Appended | undefined {
    const first = this.#positions.get(key);
    return first && { ...first, duplicate: true };
  }

  remember(key: string, position: Appended): void {
    this.#positions.set(key, position);
    if (this.#positions.size > this.#options.maxKeys) this.#forgetOldest();
  }

  /** Forgets keys older than the window, unless their message, of a position above `floor`, is still kept. */
  prune(nowMs: number, floor: bigint): void {
    for (const [key, position] of this.#positions) {
      if (position.sequence > floor || nowMs - position.timestampMs < this.#options.windowMs) return;
      this.#positions.delete(key);
    }
  }

  #forgetOldest(): void {
    for (const key of this.#positions.keys()) {
      this.#positions.delete(key);
      return;
    }
  }
}
