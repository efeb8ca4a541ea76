import type { CallOptions } from "@connectrpc/connect";
import type { ResponseStatus } from "@im-sdk/gen";
import { requireTimeoutMs } from "./check-argument.ts";
import { ImError } from "./im-error.ts";
import { assertSuccess } from "./response-status.ts";

/** How a single call behaves. */
export interface RequestOptions {
  signal?: AbortSignal;
  /** Deadline of the call, waiting for a connection and retries included; default `requestTimeoutMs`. */
  timeoutMs?: number;
}

/** Makes a unary call under a deadline; what it fails with is an ImError that begins with `what`. */
export async function callUnary<T>(
  what: string,
  options: RequestOptions,
  requestTimeoutMs: number,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const timeoutMs = requireTimeoutMs("timeoutMs", options.timeoutMs ?? requestTimeoutMs);
  try {
    return await call(options.signal === undefined ? { timeoutMs } : { timeoutMs, signal: options.signal });
  } catch (reason) {
    throw ImError.fromCall(reason, what, options.signal);
  }
}

/** {@link callUnary} for replies that carry their outcome in the body: a refusal there is thrown too. */
export async function callWithStatus<T extends { status?: ResponseStatus | undefined }>(
  what: string,
  options: RequestOptions,
  requestTimeoutMs: number,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const response = await callUnary(what, options, requestTimeoutMs, call);
  assertSuccess(response.status, what);
  return response;
}
