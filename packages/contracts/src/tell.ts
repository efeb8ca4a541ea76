/**
 * Calls a listener of errors. One that throws, or rejects, must not end what it listens to: its own error becomes a process
 * warning, since nobody else is there to be told.
 */
export function tell(onError: ((error: Error) => unknown) | undefined, error: Error): void {
  try {
    Promise.resolve(onError?.(error)).catch(warn);
  } catch (reason) {
    warn(reason);
  }
}

function warn(reason: unknown): void {
  process.emitWarning(reason instanceof Error ? reason : `onError threw ${String(reason)}`);
}
