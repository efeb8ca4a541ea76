import type { Clock } from "@im-sdk/contracts";
import { TokenBucket, type TokenBucketOptions } from "./token-bucket.ts";

const sweepAt = 10_000;

/** One token bucket for each user. Without options nobody is limited. */
export class RateLimiter {
  readonly #options: TokenBucketOptions | undefined;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();
  #sweepAt = sweepAt;

  constructor(options: TokenBucketOptions | undefined, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** 0 when the user may post now; else how long to wait, in ms. */
  take(userId: string): number {
    if (this.#options === undefined) return 0;
    const now = this.#clock.now();
    let bucket = this.#buckets.get(userId);
    if (bucket === undefined) {
      this.#sweep(now);
      bucket = new TokenBucket(this.#options, now);
      this.#buckets.set(userId, bucket);
    }
    return bucket.take(now);
  }

  /** Full buckets are as good as none; the threshold doubles so that the cost of sweeping stays small beside the takes. */
  #sweep(now: number): void {
    if (this.#buckets.size < this.#sweepAt) return;
    for (const [userId, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(userId);
    this.#sweepAt = Math.max(sweepAt, this.#buckets.size * 2);
  }
}
