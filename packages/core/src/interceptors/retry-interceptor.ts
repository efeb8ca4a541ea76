import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Interceptor, type UnaryRequest } from "@connectrpc/connect";
import { parseTimeout } from "@connectrpc/connect/protocol-grpc";
import { backoffDelayMs, type Clock, sleep, systemClock } from "@im-sdk/contracts";
import { withinLimit } from "../connection/within-limit.ts";
import { grpcTimeout } from "../transport/grpc-timeout.ts";
import { RetryBudget, type RetryBudgetOptions } from "./retry-budget.ts";

export interface RetryInterceptorOptions {
  /** Attempts in all, the first included; default 4. `Infinity` is allowed: the deadline then ends it. */
  maxAttempts?: number;
  /** Upper bound of the first delay, doubled with every attempt; default 100 ms. */
  baseDelayMs?: number;
  /** No delay is longer; default 5,000 ms. */
  maxDelayMs?: number;
  /** Deadline of a single attempt; by default an attempt may take all that is left of the call's. */
  attemptTimeoutMs?: number;
  /** The server keeps one copy of messages with the same id, so that SendMessage may be tried again; default no. */
  dedupesMessages?: () => boolean;
  /** Shared by all calls of this interceptor. */
  budget?: RetryBudgetOptions;
  clock?: Clock;
  /** Uniform in [0, 1). */
  random?: () => number;
}

/**
 * Tries unary calls again: those whose method is idempotent, and SendMessage with a message id where
 * the server is known to keep one copy (`dedupesMessages`). Retried are UNAVAILABLE, ABORTED, CANCELED that was not the caller's, RESOURCE_EXHAUSTED when the server says
 * how long to wait, and attempts that ran out of `attemptTimeoutMs`. `grpc-retry-pushback-ms` is obeyed; a negative one
 * forbids the retry. `grpc-timeout` shrinks with every attempt, and no wait outlasts the call's deadline.
 *
 * Source: gRFC A6.
 */
export function createRetryInterceptor(options: RetryInterceptorOptions = {}): Interceptor {
  const { maxAttempts = 4, baseDelayMs = 100, maxDelayMs = 5_000, attemptTimeoutMs } = options;
  const { dedupesMessages = () => false, clock = systemClock, random = Math.random } = options;
  const budget = new RetryBudget(options.budget);

  return (next) => async (request) => {
    if (request.stream || !isRetryable(request, dedupesMessages)) return next(request);
    const timeoutMs = parseTimeout(request.header.get("grpc-timeout"), Number.POSITIVE_INFINITY).timeoutMs;
    const deadline = clock.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);

    for (let attempt = 1; ; attempt++) {
      const remainingMs = deadline - clock.now();
      const isBounded = attemptTimeoutMs !== undefined && attemptTimeoutMs < remainingMs;
      const limitMs = isBounded ? attemptTimeoutMs : remainingMs;
      if (Number.isFinite(limitMs)) request.header.set("grpc-timeout", grpcTimeout(limitMs));
      try {
        const response = await (isBounded
          ? withinLimit({ limitMs, clock, signal: request.signal, reason: attemptTimedOut }, (signal) =>
              next({ ...request, signal }),
            )
          : next(request));
        budget.onSuccess();
        return response;
      } catch (reason) {
        const error = ConnectError.from(reason);
        if (request.signal.aborted) throw error;
        const pushbackMs = readPushback(error);
        if (!mayRetry(error.code, pushbackMs, isBounded)) throw error;
        budget.onFailure();
        const delayMs = pushbackMs ?? backoffDelayMs(attempt, { baseMs: baseDelayMs, maxMs: maxDelayMs, random });
        if (attempt >= maxAttempts || !budget.allowsRetry || clock.now() + delayMs >= deadline) throw error;
        await sleep(delayMs, clock, request.signal);
      }
    }
  };
}

function isRetryable(request: UnaryRequest, dedupesMessages: () => boolean): boolean {
  if (request.method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN) return true;
  return "messageId" in request.message && request.message.messageId !== "" && dedupesMessages();
}

function mayRetry(code: Code, pushbackMs: number | undefined, isBounded: boolean): boolean {
  if (pushbackMs !== undefined && pushbackMs < 0) return false;
  if (code === Code.ResourceExhausted) return pushbackMs !== undefined;
  // Without a limit of its own the attempt ran out of the call's deadline, or of one that the server has set.
  if (code === Code.DeadlineExceeded) return isBounded;
  // Aborted and Canceled are what connect-node makes of a connection that broke.
  return code === Code.Unavailable || code === Code.Aborted || code === Code.Canceled;
}

function readPushback(error: ConnectError): number | undefined {
  const value = error.metadata.get("grpc-retry-pushback-ms");
  if (value === null) return undefined;
  const pushbackMs = Number(value);
  return Number.isFinite(pushbackMs) ? pushbackMs : -1;
}

function attemptTimedOut(): ConnectError {
  return new ConnectError("the attempt timed out", Code.DeadlineExceeded);
}
