import type { Logger } from "@im-sdk/server";
import { knownOptions, shown, wholeNumber } from "../check-options.ts";

/** How {@link createNatsPresence} keeps who is in which room. */
export interface NatsPresenceOptions {
  /** The key-value bucket, the same for all servers: letters, digits, `-` and `_`. Default `im_presence`. */
  readonly bucket?: string;
  /**
   * How long a server may be silent before the others count its users as gone, in ms; it writes three times as often, whatever
   * the number of users. From 300 to 600,000, the same for all servers. Default 5,000.
   */
  readonly leaseMs?: number;
  /** How long a join waits for NATS, in ms, before it is refused as UNAVAILABLE; 1 or more. Default 5,000. */
  readonly joinTimeoutMs?: number;
  /** On how many servers of a cluster NATS keeps the bucket, when it is made: 1 to 5. Default 1. */
  readonly replicas?: number;
  /** Default: silent. */
  readonly logger?: Logger;
}

const silent: Logger = { error() {}, warn() {}, info() {}, debug() {} };

/** Fills in the defaults; throws a RangeError or TypeError that names option, value and what is allowed. */
export function resolveNatsPresenceOptions(options: NatsPresenceOptions): Required<NatsPresenceOptions> {
  knownOptions("presence", options, ["bucket", "leaseMs", "joinTimeoutMs", "replicas", "logger"]);
  const { bucket = "im_presence", leaseMs = 5_000, joinTimeoutMs = 5_000, replicas = 1, logger = silent } = options;
  if (typeof bucket !== "string" || !/^[-\w]+$/.test(bucket)) {
    throw new TypeError(`bucket is ${shown(bucket)}: want letters, digits, - and _`);
  }
  wholeNumber("leaseMs", leaseMs, 300, 600_000);
  wholeNumber("joinTimeoutMs", joinTimeoutMs, 1, 0x7fffffff);
  wholeNumber("replicas", replicas, 1, 5);
  return { bucket, leaseMs, joinTimeoutMs, replicas, logger };
}
