/** Bounds of the delays between tries, with full jitter. */
export const retryDelays = { baseMs: 250, maxMs: 5_000 };
