import { type Clock, sleep } from "@im-sdk/contracts";

export interface TokenBucketOptions {
  /** Tokens that can be saved up, and are there at the start. */
  burst: number;
  /** Time in which one token comes. */
  intervalMs: number;
  clock: Clock;
}

/** A bound on how often something is done. Unlike a fixed delay it costs nothing as long as the bound is kept. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAt: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = options.clock.now();
  }

  /** Waits for a token and takes it; rejects with the signal's reason when it aborts first. One caller at a time. */
  async take(signal: AbortSignal): Promise<void> {
    const { intervalMs, clock } = this.#options;
    this.#fill();
    while (this.#tokens < 1) {
      await sleep((1 - this.#tokens) * intervalMs, clock, signal);
      this.#fill();
    }
    this.#tokens--;
  }

  #fill(): void {
    const { burst, intervalMs, clock } = this.#options;
    const now = clock.now();
    // A clock that was set back gives nothing, and takes nothing.
    this.#tokens = Math.min(burst, this.#tokens + Math.max(0, now - this.#filledAt) / intervalMs);
    this.#filledAt = now;
  }
}
