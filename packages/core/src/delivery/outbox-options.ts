import { invalidArgument } from "../check-argument.ts";
import { ImError } from "../im-error.ts";

/** Bounds on the messages that have been sent and not settled yet. */
export interface OutboxOptions {
  /** Messages at the most; default 10,000. */
  maxMessages?: number;
  /** Bytes at the most; default 64 MiB. */
  maxBytes?: number;
  /**
   * What a send does when the outbox is full: `wait` for room within its deadline (default), `reject` at once with
   * `resource_exhausted`, or `drop-oldest`: the oldest message that has not left yet is given up as `expired`.
   */
  whenFull?: "wait" | "reject" | "drop-oldest";
}

export function resolveOutboxOptions(options: OutboxOptions = {}): Required<OutboxOptions> {
  if (typeof options !== "object" || options === null) throw invalidArgument("outbox", options, "an object of options");
  const { maxMessages = 10_000, maxBytes = 64 * 1024 * 1024, whenFull = "wait" } = options;
  for (const [name, value] of Object.entries({ maxMessages, maxBytes })) {
    if (!(value >= 1)) throw new ImError("invalid_argument", `outbox.${name} must be a positive number, got ${value}`);
  }
  if (!["wait", "reject", "drop-oldest"].includes(whenFull)) {
    throw new ImError(
      "invalid_argument",
      `outbox.whenFull must be "wait", "reject" or "drop-oldest", got "${whenFull}"`,
    );
  }
  return { maxMessages, maxBytes, whenFull };
}
