import { knownOptions, shown, wholeNumber } from "../check-options.ts";

/** How {@link createNatsAudioStore} keeps recordings. */
export interface NatsAudioStoreOptions {
  /** The object store, the same for all servers: letters, digits, `-` and `_`. Default `im_audio`. */
  readonly bucket?: string;
  /** How long a recording is kept, in ms, when the object store is made by this; 1,000 or more. Default Infinity. */
  readonly maxAgeMs?: number;
  /**
   * Bytes of all recordings, unfinished ones included, when the object store is made by this; past them uploads are refused.
   * Default Infinity: as much as NATS takes.
   */
  readonly maxTotalBytes?: number;
  /** On how many servers of a cluster NATS keeps the recordings, when the object store is made by this: 1 to 5. Default 1. */
  readonly replicas?: number;
  /** How long NATS may take for one piece of a recording, in ms, before the upload or download fails; 1 or more. Default 5,000. */
  readonly requestTimeoutMs?: number;
}

/** Fills in the defaults; throws a RangeError or TypeError that names option, value and what is allowed. */
export function resolveNatsAudioStoreOptions(options: NatsAudioStoreOptions): Required<NatsAudioStoreOptions> {
  knownOptions("audio", options, ["bucket", "maxAgeMs", "maxTotalBytes", "replicas", "requestTimeoutMs"]);
  const { bucket = "im_audio", maxAgeMs = Infinity, maxTotalBytes = Infinity, replicas = 1 } = options;
  const { requestTimeoutMs = 5_000 } = options;
  if (typeof bucket !== "string" || !/^[-\w]+$/.test(bucket)) {
    throw new TypeError(`bucket is ${shown(bucket)}: want letters, digits, - and _`);
  }
  if (maxAgeMs !== Infinity) wholeNumber("maxAgeMs", maxAgeMs, 1_000, Number.MAX_SAFE_INTEGER);
  if (maxTotalBytes !== Infinity) wholeNumber("maxTotalBytes", maxTotalBytes, 1, Number.MAX_SAFE_INTEGER);
  wholeNumber("replicas", replicas, 1, 5);
  wholeNumber("requestTimeoutMs", requestTimeoutMs, 1, 0x7fffffff);
  return { bucket, maxAgeMs, maxTotalBytes, replicas, requestTimeoutMs };
}
