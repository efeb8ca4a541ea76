/** A `grpc-timeout` header value: eight digits at the most, rounded up to the next unit that fits. */
export function grpcTimeout(timeoutMs: number): string {
  const ms = Math.max(1, Math.ceil(timeoutMs));
  if (ms < 1e8) return `${ms}m`;
  const seconds = Math.ceil(ms / 1000);
  return seconds < 1e8 ? `${seconds}S` : `${Math.min(Math.ceil(seconds / 3600), 99_999_999)}H`;
}

/**
 * A call's deadline as a number that timers can take: undefined for none, which 0, less and `Infinity` mean, too. Node fires
 * a timer beyond 2^31-1 ms at once, so a longer deadline is held to that.
 */
export function effectiveTimeoutMs(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || !(timeoutMs > 0) || timeoutMs === Number.POSITIVE_INFINITY) return undefined;
  return Math.min(timeoutMs, 0x7fffffff);
}

/** A copy of the headers that tells the server the deadline. */
export function withTimeout(header: ConstructorParameters<typeof Headers>[0], timeoutMs: number | undefined): Headers {
  const result = new Headers(header);
  if (timeoutMs !== undefined) result.set("grpc-timeout", grpcTimeout(timeoutMs));
  return result;
}

/** Signal and deadline as Connect's call runners take them: left out rather than undefined. */
export function callLimits(signal: AbortSignal | undefined, timeoutMs: number | undefined) {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}
