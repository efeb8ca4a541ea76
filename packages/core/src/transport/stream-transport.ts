import type { ClientSessionOptions, SecureClientSessionOptions } from "node:http2";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { type Compression, validateReadWriteMaxBytes } from "@connectrpc/connect/protocol";
import { requestHeaderWithCompression } from "@connectrpc/connect/protocol-grpc";
import { compressionBrotli, compressionGzip, type Http2SessionManager } from "@connectrpc/connect-node";
import { createBatchedExchange } from "./batched-exchange.ts";
import { createSessionManager } from "./create-session-manager.ts";
import { callLimits, effectiveTimeoutMs, withTimeout } from "./grpc-timeout.ts";
import { requestFields } from "./request-fields.ts";
import { runStreamCall } from "./run-stream-call.ts";
import { runUnaryCall } from "./run-unary-call.ts";
import { createUnaryExchange } from "./unary-exchange.ts";

export interface StreamTransportOptions {
  /** Where the server is, such as `http://localhost:8083` or `https://im.example.com`. */
  baseUrl: string;
  /** Owns the HTTP/2 connection; by default one of the transport's own, made with `nodeOptions`. */
  sessionManager?: Http2SessionManager;
  /** Options of `http2.connect`, TLS among them; not used with `sessionManager`. */
  nodeOptions?: ClientSessionOptions | SecureClientSessionOptions;
  interceptors?: Interceptor[];
  /** Largest message taken, in bytes; default 4 MiB. A larger one fails the call before it is buffered. */
  readMaxBytes?: number;
  /** Largest message sent, in bytes; default 4 MiB. */
  writeMaxBytes?: number;
  /** Compresses messages of at least `compressMinBytes`; by default none is compressed. */
  sendCompression?: Compression;
  /** Smallest message that is worth compressing, in bytes; default 1024. */
  compressMinBytes?: number;
  /** Compressions that answers may use; default gzip and brotli. */
  acceptCompression?: Compression[];
  /** Deadline of calls that bring none of their own; none by default. Pass `timeoutMs: 0` to a long stream. */
  defaultTimeoutMs?: number;
}

export const defaultMaxMessageBytes = 4 * 1024 * 1024;

/**
 * A Connect transport for gRPC over HTTP/2. A unary call is one write and what comes back; streams are batched: all messages
 * that are ready leave in one write, and a received chunk is taken apart at once. Interceptors, deadlines, cancellation,
 * compression, size limits and trailers behave as in connect-node.
 */
export function createStreamTransport(options: StreamTransportOptions): Transport {
  const { baseUrl } = options;
  const manager = options.sessionManager ?? createSessionManager(baseUrl, options.nodeOptions);
  const limits = validateReadWriteMaxBytes(
    options.readMaxBytes ?? defaultMaxMessageBytes,
    options.writeMaxBytes ?? defaultMaxMessageBytes,
    options.compressMinBytes,
  );
  const acceptCompression = options.acceptCompression ?? [compressionGzip, compressionBrotli];
  const sendCompression = options.sendCompression ?? null;
  const interceptors = options.interceptors ?? [];

  const how = { manager, ...limits, sendCompression, acceptCompression };
  const exchange = createBatchedExchange(how);
  const exchangeUnary = createUnaryExchange(how);

  function headerOf(header: Parameters<typeof withTimeout>[0], deadlineMs: number | undefined): Headers {
    // Connect's own header has whatever number it is given, fractions and nine digits included.
    const own = withTimeout(header, deadlineMs);
    return requestHeaderWithCompression(true, undefined, own, acceptCompression, sendCompression);
  }

  return {
    unary(method, signal, timeoutMs, header, message, contextValues) {
      const deadlineMs = effectiveTimeoutMs(timeoutMs ?? options.defaultTimeoutMs);
      return runUnaryCall({
        interceptors,
        signal,
        timeoutMs: deadlineMs,
        req: {
          ...requestFields(method, baseUrl, headerOf(header, deadlineMs), contextValues),
          stream: false,
          message,
        },
        next: exchangeUnary,
      });
    },
    stream(method, signal, timeoutMs, header, input, contextValues) {
      const deadlineMs = effectiveTimeoutMs(timeoutMs ?? options.defaultTimeoutMs);
      return runStreamCall({
        interceptors,
        ...callLimits(signal, deadlineMs),
        req: {
          ...requestFields(method, baseUrl, headerOf(header, deadlineMs), contextValues),
          stream: true,
          message: input,
        },
        next: exchange,
      });
    },
  };
}
