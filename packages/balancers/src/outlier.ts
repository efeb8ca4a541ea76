/** What an {@link Outlier} needs to know of times. */
export interface EjectionTimes {
  readonly consecutiveFailures: number;
  readonly baseEjectionTimeMs: number;
  readonly maxEjectionTimeMs: number;
}

/** How often the memory of earlier ejections fades by one (gRFC A50, `interval`). */
const fadeIntervalMs = 10_000;

/**
 * What is remembered of an instance that has failed: in service, ejected, or on probation. On probation one connect at a time
 * may try it; its success ends the matter, its failure begins a longer ejection.
 */
export class Outlier {
  readonly #times: EjectionTimes;
  #failures = 0;
  /** How many ejections the next one counts as coming after. */
  #ejections = 0;
  #isOut = false;
  /** While out: since when, and for how long, nobody may try. */
  #closedAtMs = 0;
  #closedForMs = 0;
  #isTried = false;
  #servingSinceMs = 0;

  constructor(times: EjectionTimes) {
    this.#times = times;
  }

  /** Ejected or on probation. */
  get isOut(): boolean {
    return this.#isOut;
  }

  /** Nothing is remembered any more that matters to a later failure. */
  isForgotten(nowMs: number): boolean {
    return !this.#isOut && this.#failures === 0 && this.#remembered(nowMs) === 0;
  }

  isClosed(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#closedAtMs;
    // A clock that was set back must not keep it out for longer.
    return this.#isOut && elapsedMs >= 0 && elapsedMs < this.#closedForMs;
  }

  /** Somebody tries it now. On probation nobody else does until that has failed, or for the base time has not been told of. */
  onPick(nowMs: number): void {
    if (!this.#isOut || this.isClosed(nowMs)) return;
    this.#isTried = true;
    this.#close(nowMs, this.#times.baseEjectionTimeMs);
  }

  onOpened(nowMs: number): void {
    this.#failures = 0;
    if (!this.#isOut) return;
    this.#isOut = false;
    this.#servingSinceMs = nowMs;
  }

  /** `mayEject` answers whether there is room for another one; an instance that is out already needs none. */
  onFailed(nowMs: number, mayEject: () => boolean): void {
    this.#failures++;
    if (this.#isOut) {
      // Connects that began before the ejection end like this too, and say nothing new.
      if (this.#isTried) this.#eject(nowMs, this.#ejections + 1);
    } else if (this.#failures >= this.#times.consecutiveFailures && mayEject()) {
      this.#eject(nowMs, this.#remembered(nowMs) + 1);
    }
  }

  #eject(nowMs: number, ejections: number): void {
    const { baseEjectionTimeMs, maxEjectionTimeMs } = this.#times;
    this.#isOut = true;
    this.#isTried = false;
    this.#ejections = ejections;
    this.#close(nowMs, Math.min(baseEjectionTimeMs * ejections, Math.max(baseEjectionTimeMs, maxEjectionTimeMs)));
  }

  #close(nowMs: number, forMs: number): void {
    this.#closedAtMs = nowMs;
    this.#closedForMs = forMs;
  }

  #remembered(nowMs: number): number {
    const servedMs = Math.max(0, nowMs - this.#servingSinceMs);
    return Math.max(0, this.#ejections - Math.floor(servedMs / fadeIntervalMs));
  }
}
