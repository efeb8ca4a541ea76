import { Code, ConnectError } from "@connectrpc/connect";
import { RegistryError } from "@im-sdk/contracts";

/**
 * What went wrong, as a stable word. All but the first two are gRPC's status codes.
 *
 * - `rejected`: the server said no to a message
 * - `expired`: a message's deadline passed before it left this process, and it never will
 * - `unknown`: a message left and no answer came; or gRPC's UNKNOWN
 */
export type ImErrorCode =
  | "rejected"
  | "expired"
  | "unknown"
  | "canceled"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "out_of_range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data_loss"
  | "unauthenticated";

export interface ImErrorOptions {
  /** The same call may succeed later; by default true for `unavailable`, `aborted`, `expired`, and after `retryAfterMs`. */
  retryable?: boolean;
  /** How long the server asked to wait before another try. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** The one error that this package throws. `cause` holds the ConnectError of the RPC when there was one. */
export class ImError extends Error {
  override readonly name = "ImError";
  readonly code: ImErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ImErrorCode, message: string, options: ImErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? (retryableCodes.has(code) || options.retryAfterMs !== undefined);
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Wraps whatever was caught; `what` says what was being done. An ImError stays as it is. */
  static from(reason: unknown, what: string): ImError {
    if (reason instanceof ImError) return reason;
    if (reason instanceof RegistryError)
      return new ImError(reason.code, `${what}: ${reason.message}`, { cause: reason });
    const error = ConnectError.from(reason);
    if (error.cause instanceof ImError) return error.cause;
    return new ImError(imErrorCode(error.code), `${what}: ${error.rawMessage}`, {
      cause: reason,
      retryAfterMs: retryAfterMs(error.metadata),
    });
  }

  /** For callers of the raw stubs, who know gRPC's codes; `cause` is this error. */
  toConnectError(): ConnectError {
    const code = Object.entries(codeNames).find(([, name]) => name === this.code)?.[0];
    return new ConnectError(this.message, code === undefined ? Code.Unknown : Number(code), undefined, undefined, this);
  }

  /** {@link from} for a call under the caller's signal: `canceled` is only what that signal did. */
  static fromCall(reason: unknown, what: string, signal: AbortSignal | undefined): ImError {
    if (signal?.aborted) return new ImError("canceled", `${what} was cancelled`, { cause: signal.reason });
    const error = ImError.from(reason, what);
    // Ours to cancel was only the connection, which was given up below the call.
    return error.code === "canceled" ? new ImError("unavailable", error.message, { cause: error.cause }) : error;
  }
}

/** The word for a gRPC status code; numbers that gRPC does not know are `unknown`. */
export function imErrorCode(code: number): ImErrorCode {
  return codeNames[code] ?? "unknown";
}

const codeNames: Record<number, ImErrorCode> = {
  [Code.Canceled]: "canceled",
  [Code.Unknown]: "unknown",
  [Code.InvalidArgument]: "invalid_argument",
  [Code.DeadlineExceeded]: "deadline_exceeded",
  [Code.NotFound]: "not_found",
  [Code.AlreadyExists]: "already_exists",
  [Code.PermissionDenied]: "permission_denied",
  [Code.ResourceExhausted]: "resource_exhausted",
  [Code.FailedPrecondition]: "failed_precondition",
  [Code.Aborted]: "aborted",
  [Code.OutOfRange]: "out_of_range",
  [Code.Unimplemented]: "unimplemented",
  [Code.Internal]: "internal",
  [Code.Unavailable]: "unavailable",
  [Code.DataLoss]: "data_loss",
  [Code.Unauthenticated]: "unauthenticated",
};

const retryableCodes: ReadonlySet<ImErrorCode> = new Set(["unavailable", "aborted", "expired"]);

/** `grpc-retry-pushback-ms` (gRFC A6) or `retry-after` in seconds (RFC 9110), in milliseconds. */
function retryAfterMs(metadata: Headers): number | undefined {
  const pushback = metadata.get("grpc-retry-pushback-ms");
  const retryAfter = metadata.get("retry-after");
  const ms = pushback !== null ? Number(pushback) : retryAfter !== null ? Number(retryAfter) * 1000 : Number.NaN;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
