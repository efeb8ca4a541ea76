import { invalidArgument } from "../check-argument.ts";
import { flag, oneOf, refuseUnknown } from "../check-option.ts";

/** Bounds on the messages that have been sent and not settled yet. */
export interface OutboxOptions {
  /** Messages at the most; default 10,000. */
  maxMessages?: number;
  /** Bytes at the most; default 64 MiB. */
  maxBytes?: number;
  /**
   * No send takes longer, and none may ask for more; default 600,000 ms. To be kept below the time for which the server
   * remembers message ids (`retention.duplicateWindowMs` of ours, 15 minutes by default): one sent again later arrives twice.
   */
  maxAgeMs?: number;
  /**
   * What a send does when the outbox is full: `wait` for room within its deadline (default), `reject` at once with
   * `resource_exhausted`, or `drop-oldest`: the oldest message that has not left yet is given up as `expired`.
   */
  whenFull?: "wait" | "reject" | "drop-oldest";
  /**
   * Against a server that gives no acknowledgements: a message that was on its way when the stream broke is sent again,
   * and may arrive twice. Default false: it rejects `unknown`.
   */
  resendUnanswered?: boolean;
}

/** Fills in the defaults; throws ImError `invalid_argument` that names the option, its value and what is allowed. */
export function resolveOutboxOptions(options: OutboxOptions = {}): Required<OutboxOptions> {
  if (typeof options !== "object" || options === null) throw invalidArgument("outbox", options, "an object of options");
  refuseUnknown("outbox.", options, ["maxMessages", "maxBytes", "maxAgeMs", "whenFull", "resendUnanswered"]);
  const {
    maxMessages = 10_000,
    maxBytes = 64 * 1024 * 1024,
    maxAgeMs = 600_000,
    whenFull = "wait",
    resendUnanswered = false,
  } = options;
  for (const [name, value] of Object.entries({ maxMessages, maxBytes, maxAgeMs })) {
    if (!(typeof value === "number" && value >= 1)) throw invalidArgument(`outbox.${name}`, value, "a positive number");
  }
  if (maxAgeMs > Number.MAX_SAFE_INTEGER) {
    throw invalidArgument("outbox.maxAgeMs", maxAgeMs, "less than the server's duplicate window");
  }
  oneOf("outbox.whenFull", whenFull, "wait", "reject", "drop-oldest");
  flag("outbox.resendUnanswered", resendUnanswered);
  return { maxMessages, maxBytes, maxAgeMs, whenFull, resendUnanswered };
}
