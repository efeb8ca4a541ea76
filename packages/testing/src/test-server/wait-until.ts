import type { WaitOptions } from "./test-server.ts";

/** Those who want to look again when something has changed. */
export type Changes = Set<() => void>;

/** What is waited for. */
export interface Wait<T> extends WaitOptions {
  /** Undefined while it is not there. */
  look(): T | undefined;
  readonly changes: Changes;
  /** What the error says when the time is over. */
  missing(): string;
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
}

/** Resolves with what `look` finds, now or after a change. Rejects when the time is over, or with the reason of a signal. */
export async function waitUntil<T>({
  look,
  changes,
  missing,
  closing,
  timeoutMs = 5_000,
  signal,
}: Wait<T>): Promise<T> {
  const ends = signal === undefined ? closing : AbortSignal.any([closing, signal]);
  ends.throwIfAborted();
  const found = look();
  if (found !== undefined) return found;
  // Made here, so that its stack shows who waited.
  const late = new Error("");
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onChange = () => {
    const value = look();
    if (value === undefined) return;
    // At once: another wait must not take the same.
    changes.delete(onChange);
    resolve(value);
  };
  const onTimeout = () => {
    late.message = `${missing()} (waited for ${timeoutMs} ms)`;
    reject(late);
  };
  const onAbort = () => reject(ends.reason);
  const timer = setTimeout(onTimeout, timeoutMs);
  ends.addEventListener("abort", onAbort);
  changes.add(onChange);
  try {
    return await promise;
  } finally {
    changes.delete(onChange);
    clearTimeout(timer);
    ends.removeEventListener("abort", onAbort);
  }
}

/** Lets everybody look again. */
export function tellChange(changes: Changes): void {
  for (const look of [...changes]) look();
}
