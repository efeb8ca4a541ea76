import type { Interceptor, Transport } from "@connectrpc/connect";
import { callLimits, effectiveTimeoutMs, withTimeout } from "./grpc-timeout.ts";
import { requestFields } from "./request-fields.ts";
import { runStreamCall } from "./run-stream-call.ts";
import { runUnaryCall } from "./run-unary-call.ts";

/**
 * Puts interceptors around a transport that somebody else made. Deadlines are enforced here, once, and travel to the
 * server in the `grpc-timeout` header, where an interceptor can shorten them for an attempt.
 */
export function interceptTransport(base: Transport, interceptors: Interceptor[]): Transport {
  return {
    unary(method, signal, timeoutMs, header, message, contextValues) {
      const deadlineMs = effectiveTimeoutMs(timeoutMs);
      return runUnaryCall({
        interceptors,
        settlesOnAbort: true,
        signal,
        timeoutMs: deadlineMs,
        req: {
          ...requestFields(method, placeholderUrl, withTimeout(header, deadlineMs), contextValues),
          stream: false,
          message,
        },
        next: (request) =>
          base.unary(request.method, request.signal, 0, request.header, request.message, request.contextValues),
      });
    },
    stream(method, signal, timeoutMs, header, input, contextValues) {
      const deadlineMs = effectiveTimeoutMs(timeoutMs);
      return runStreamCall({
        interceptors,
        ...callLimits(signal, deadlineMs),
        req: {
          ...requestFields(method, placeholderUrl, withTimeout(header, deadlineMs), contextValues),
          stream: true,
          message: input,
        },
        next: (request) =>
          base.stream(request.method, request.signal, 0, request.header, request.message, request.contextValues),
      });
    },
  };
}

/** Interceptors see a URL before the instance is known; only its path means something. */
const placeholderUrl = "http://im";
