import { Code, ConnectError } from "@connectrpc/connect";

/** When a refused message is worth another try, in ms. */
const retryAfterMs = 1_000;

/** A refusal that tells the client to try again, and when. */
export function unavailable(message: string, cause?: unknown): ConnectError {
  const metadata = { "grpc-retry-pushback-ms": String(retryAfterMs) };
  return new ConnectError(message, Code.Unavailable, metadata, undefined, cause);
}

/** A refusal of what never fits. */
export function tooLarge(message: string): ConnectError {
  return new ConnectError(message, Code.ResourceExhausted);
}
