import { knownKeys, numberOption } from "./check-option.ts";

/** How long each room's messages are kept; the first bound that is reached drops the oldest. */
export interface Retention {
  /** Messages in a room. Default 10,000. */
  readonly maxMessages?: number;
  /** Bytes in a room; the newest message stays even when it alone is larger. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Age of a message in ms; a room's `messageTtlSeconds` goes before it. Default 24 hours. */
  readonly ttlMs?: number;
  /**
   * How long a message id is remembered at the least, also after its message has gone, in ms. It must be longer than a client may
   * try to send one message: ours gives up within 10 minutes, and what it sent last may be under way for a while. Default 15 minutes.
   */
  readonly duplicateWindowMs?: number;
  /**
   * Message ids of one user that are remembered in a room at the most, the user's oldest are forgotten first. It must be more
   * than a user's clients may have waiting for acknowledgement: one of ours has 10,000. Default 100,000.
   */
  readonly maxDuplicateIds?: number;
}

/** {@link Retention} with the defaults filled in. */
export type ResolvedRetention = Required<Retention>;

const names: readonly (keyof Retention)[] = [
  "maxMessages",
  "maxBytes",
  "ttlMs",
  "duplicateWindowMs",
  "maxDuplicateIds",
];

/** Fills in the defaults; throws a RangeError or TypeError that names the option. */
export function resolveRetention(retention: Retention = {}): ResolvedRetention {
  knownKeys("retention", retention, names);
  const whole = (name: keyof Retention, fallback: number, min = 1) =>
    numberOption(`retention.${name}`, retention[name], fallback, { min });
  return {
    maxMessages: whole("maxMessages", 10_000),
    maxBytes: whole("maxBytes", 16 * 1024 * 1024),
    ttlMs: whole("ttlMs", 24 * 60 * 60 * 1000),
    duplicateWindowMs: whole("duplicateWindowMs", 15 * 60 * 1000, 0),
    maxDuplicateIds: whole("maxDuplicateIds", 100_000),
  };
}
