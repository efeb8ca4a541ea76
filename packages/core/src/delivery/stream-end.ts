import { ConnectError } from "@connectrpc/connect";
import type { ImError } from "../im-error.ts";

/** The server ended the stream because this client read too slowly, and says so in its trailers: only ours does. */
export function isSlowConsumer({ cause }: ImError): boolean {
  return cause instanceof ConnectError && cause.metadata.get("im-stream-end") === "slow-consumer";
}
