import { ImError } from "../im-error.ts";
import type { Link } from "./link.ts";

/** After `disconnect()`. */
export function closedError(): ImError {
  return new ImError("failed_precondition", "the client is closed: make a new one");
}

/** A caller of `connect()` no longer waits. */
export function canceledError(signal: AbortSignal): ImError {
  return new ImError("canceled", "connect was cancelled", { cause: signal.reason });
}

/** A link that came up after nobody wanted it any more is not kept. */
export function unlessAborted(link: Link, signal: AbortSignal): Link {
  if (!signal.aborted) return link;
  link.abort();
  throw signal.reason;
}
