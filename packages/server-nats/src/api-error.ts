import { JetStreamApiError } from "@nats-io/jetstream";

/** Codes of JetStream's errors: https://github.com/nats-io/nats-server/blob/main/server/errors.json. */
const apiError = {
  streamNotFound: [10_059],
  streamNameInUse: [10_058],
  /** Something had another revision than the one that was asked for. */
  conflict: [10_071, 10_164],
  /** The store failed to take it, or its disk, memory or account is full. */
  full: [10_077, 10_023, 10_047, 10_028],
  /** More copies than one are asked of a single server. */
  notClustered: [10_074],
  tooFewServers: [10_005],
} as const satisfies Readonly<Record<string, readonly number[]>>;

export function isApiError(error: unknown, kind: keyof typeof apiError): boolean {
  const codes: readonly number[] = apiError[kind];
  return error instanceof JetStreamApiError && codes.includes(error.code);
}
