/**
 * Calls a listener. One that throws, or rejects, must not end what it listens to: its own error becomes a process warning, since
 * nobody else is there to be told.
 */
export function tell<News extends unknown[]>(listener: ((...news: News) => unknown) | undefined, ...news: News): void {
  try {
    Promise.resolve(listener?.(...news)).catch(warn);
  } catch (reason) {
    warn(reason);
  }
}

function warn(reason: unknown): void {
  process.emitWarning(reason instanceof Error ? reason : `a listener threw ${String(reason)}`);
}
