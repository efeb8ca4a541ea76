/** Time as a parameter, so that whatever waits can be tested without waiting. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls back once after `delayMs`; the handle goes to `clearTimeout`. */
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** The clock of the process. Delays beyond the 2^31-1 ms that Node can hold are held to that. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, 0x7fffffff)),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
};
