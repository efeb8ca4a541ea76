import { Code, ConnectError } from "@connectrpc/connect";
import type { Logger } from "../logger.ts";

/** A refusal as it is; any other failure is one of our stores, worth a line in the log and another try by the client. */
export function toRefusal(error: unknown, logger: Logger): ConnectError {
  if (error instanceof ConnectError) return error;
  logger.error("a store failed", { error });
  return new ConnectError("the server cannot do that at the moment", Code.Unavailable, undefined, undefined, error);
}
