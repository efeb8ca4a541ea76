/** How fast a bucket fills and how much it holds. */
export interface TokenBucketOptions {
  /** Tokens a second; fractions are fine. */
  readonly ratePerSecond: number;
  /** Tokens at the most; also what a new bucket starts with. */
  readonly burst: number;
}

/** What sums of fractions may be off by: whoever waits as long as told must be let in. */
const tolerance = 1e-6;

/** A token bucket: a burst is free, after that the rate holds. Time is an argument, so it needs no timer. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAtMs: number;

  constructor(options: TokenBucketOptions, nowMs: number) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes one token and returns 0; or takes nothing and returns how long to wait for the next one, in whole ms. */
  take(nowMs: number): number {
    this.#fill(nowMs);
    if (this.#tokens >= 1 - tolerance) {
      this.#tokens -= 1;
      return 0;
    }
    const waitMs = ((1 - this.#tokens) * 1000) / this.#options.ratePerSecond;
    return Math.max(1, Math.ceil(waitMs - tolerance));
  }

  /** Nothing has been taken that has not come back: a new bucket would be the same. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= this.#options.burst;
  }

  #fill(nowMs: number): void {
    // A clock that was set back must not take tokens away.
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#tokens = Math.min(this.#options.burst, this.#tokens + (elapsedMs * this.#options.ratePerSecond) / 1000);
    this.#filledAtMs = nowMs;
  }
}
