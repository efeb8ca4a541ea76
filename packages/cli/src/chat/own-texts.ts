/** How many settled texts are remembered by their ids, for what the room says back. */
const maxSettled = 1_000;

/** What this user has said in this session, by message id. */
export class OwnTexts {
  readonly #pending = new Map<string, string>();
  readonly #settled = new Set<string>();
  readonly #onPending: (texts: readonly string[]) => void;

  /** `onPending` is told all texts that are under way, whenever these are others. */
  constructor(onPending: (texts: readonly string[]) => void) {
    this.#onPending = onPending;
  }

  add(id: string, text: string): void {
    this.#pending.set(id, text);
    this.#onPending([...this.#pending.values()]);
  }

  /** Whether the message was said in this session; long settled ones are forgotten. */
  has(id: string): boolean {
    return this.#pending.has(id) || this.#settled.has(id);
  }

  /** The text, once: later calls, of which there is one for most messages, answer undefined. */
  settle(id: string): string | undefined {
    const text = this.#pending.get(id);
    if (text === undefined) return undefined;
    this.#pending.delete(id);
    this.#settled.add(id);
    const [oldest] = this.#settled;
    if (this.#settled.size > maxSettled && oldest !== undefined) this.#settled.delete(oldest);
    this.#onPending([...this.#pending.values()]);
    return text;
  }
}
