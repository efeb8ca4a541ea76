import type { Clock } from "@im-sdk/contracts";

/** Runs work under the outer signal and a limit of its own; `reason` is what the limit aborts it with. */
export async function withinLimit<T>(
  { limitMs, clock, signal, reason }: { limitMs: number; clock: Clock; signal: AbortSignal; reason: () => Error },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = clock.setTimeout(() => limit.abort(reason()), limitMs);
  try {
    return await run(AbortSignal.any([signal, limit.signal]));
  } finally {
    clock.clearTimeout(timer);
  }
}
