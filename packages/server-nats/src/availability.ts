import { tellEach } from "./tell-each.ts";

/** Losses that heal sooner are not told. */
const graceMs = 1_000;

/** Whether something is there, and who wants to know. */
export class Availability {
  readonly #listeners = new Set<(isAvailable: boolean) => void>();
  readonly #onError: (error: unknown) => void;
  #isAvailable = true;
  #lostAtMs: number | undefined;

  /** Gets what listeners throw. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  /** It was found to be there or not, since some time; told when it changes and, for a loss, has been so for a second. */
  report(isThere: boolean, nowMs: number, sinceMs: number = nowMs): void {
    this.#lostAtMs = isThere ? undefined : (this.#lostAtMs ?? sinceMs);
    const isAvailable = this.#lostAtMs === undefined || (nowMs - this.#lostAtMs < graceMs && this.#isAvailable);
    if (isAvailable === this.#isAvailable) return;
    this.#isAvailable = isAvailable;
    tellEach(this.#listeners, isAvailable, this.#onError);
  }

  /** Calls back on every change, and at once when it is away already. Returns what ends it. */
  watch(listener: (isAvailable: boolean) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#isAvailable) listener(false);
    return () => this.#listeners.delete(listener);
  }
}
