export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds; it doubles with every failure. */
  baseMs: number;
  /** No delay is longer. */
  maxMs: number;
  /** Uniform in [0, 1). */
  random: () => number;
}

/**
 * The delay before the try that follows the `failures`-th failure in a row (from 1): exponential with full jitter, so
 * that clients thrown off together do not come back together.
 *
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export function backoffDelayMs(failures: number, { baseMs, maxMs, random }: BackoffOptions): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 52));
}
