import { invalidArgument } from "../check-argument.ts";
import { oneOf, refuseUnknown } from "../check-option.ts";
import { ImError } from "../im-error.ts";

/** What happens when a consumer of messages has as many waiting as it may, and another comes. */
export type WhenFull = "pause" | "drop-oldest" | "close";

/** Bounds on the messages that wait for the `message` listeners. Loops over `messages()` have bounds of their own. */
export interface InboxOptions {
  /** Messages that wait at the most while a listener's promise is pending; default 1,000. */
  maxQueued?: number;
  /**
   * What happens when they are as many: `pause` (default) reads no more of the stream until half of them are taken, which holds up
   * every loop as well; `drop-oldest` gives up the one that has waited longest and says so by a `gap`.
   */
  whenFull?: Exclude<WhenFull, "close">;
}

/** Which messages a loop is about, and what happens when it is slow. */
export interface MessagesOptions {
  /** Only messages of this room; by default of all. */
  roomId?: string;
  /** Ends the loop, which is no error; what is queued is still given. */
  signal?: AbortSignal;
  /** Messages that wait for the loop at the most; default 1,000. */
  maxQueued?: number;
  /**
   * What happens when they are as many: `pause` (default) reads no more of the stream until half of them are taken, which holds up
   * listeners and other loops as well; `drop-oldest` gives up the one that has waited longest and says so by a `gap`; `close` takes
   * no more: the loop gets what is queued and then throws `resource_exhausted`.
   */
  whenFull?: WhenFull;
}

/** The bounds of a consumer's queue, after validation. */
export interface QueueBounds {
  readonly maxQueued: number;
  readonly whenFull: WhenFull;
}

/** Fills in the defaults; throws ImError `invalid_argument` that names the option, its value and what is allowed. */
export function resolveInboxOptions(options: InboxOptions = {}): QueueBounds {
  if (typeof options !== "object" || options === null) throw invalidArgument("inbox", options, "an object of options");
  refuseUnknown("inbox.", options, ["maxQueued", "whenFull"]);
  const { maxQueued = defaultMaxQueued, whenFull = "pause" } = options;
  if ((whenFull as WhenFull) === "close") {
    const why = 'got "close", which is for loops over messages(): listeners have no end that could tell them';
    throw new ImError("invalid_argument", `inbox.whenFull must be "pause" or "drop-oldest", ${why}`);
  }
  return {
    whenFull: oneOf("inbox.whenFull", whenFull, "pause", "drop-oldest"),
    maxQueued: requireCount("inbox.maxQueued", maxQueued),
  };
}

/** The bounds of a loop; throws as {@link resolveInboxOptions} does. */
export function resolveMessagesOptions(options: MessagesOptions = {}): QueueBounds {
  if (typeof options !== "object" || options === null)
    throw invalidArgument("messages()", options, "an object of options");
  refuseUnknown("messages: ", options, ["roomId", "signal", "maxQueued", "whenFull"]);
  const { maxQueued = defaultMaxQueued, whenFull = "pause" } = options;
  return {
    whenFull: oneOf("whenFull", whenFull, "pause", "drop-oldest", "close"),
    maxQueued: requireCount("maxQueued", maxQueued),
  };
}

const defaultMaxQueued = 1_000;

function requireCount(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw invalidArgument(name, value, "an integer from 1 up");
}
