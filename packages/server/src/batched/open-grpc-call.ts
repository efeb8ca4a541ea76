import type { DescMethod } from "@bufbuild/protobuf";
import { type ConnectError, createHandlerContext } from "@connectrpc/connect";
import { type Compression, compressionNegotiate, type UniversalServerRequest } from "@connectrpc/connect/protocol";
import {
  contentTypeProto,
  grpcStatusOk,
  headerAcceptEncoding,
  headerContentType,
  headerEncoding,
  headerGrpcStatus,
  headerTimeout,
  parseTimeout,
} from "@connectrpc/connect/protocol-grpc";
import type { GrpcContext } from "./grpc-response.ts";

/** A timer beyond that would fire at once. */
const maxTimerMs = 0x7fffffff;

/** A gRPC call whose headers have been read. */
export interface GrpcCall {
  readonly context: GrpcContext;
  /** How messages may be compressed that come, and that go. */
  readonly requestCompression: Compression | null;
  readonly responseCompression: Compression | null;
  /** What is wrong with the headers: to be answered in place of the first message. */
  readonly error: ConnectError | undefined;
}

/** Reads the headers of a call with binary messages, as connect's own gRPC handler does. */
export function openGrpcCall(
  request: UniversalServerRequest,
  method: DescMethod,
  acceptCompression: readonly Compression[],
): GrpcCall {
  const { header } = request;
  const timeout = parseTimeout(header.get(headerTimeout), Number.MAX_SAFE_INTEGER);
  const context = createHandlerContext({
    service: method.parent,
    method,
    protocolName: "grpc",
    requestMethod: request.method,
    url: request.url,
    requestSignal: request.signal,
    requestHeader: header,
    responseHeader: { [headerContentType]: contentTypeProto },
    responseTrailer: { [headerGrpcStatus]: grpcStatusOk },
    ...(timeout.timeoutMs !== undefined && { timeoutMs: Math.min(timeout.timeoutMs, maxTimerMs) }),
    ...(request.contextValues !== undefined && { contextValues: request.contextValues }),
  });
  const compression = compressionNegotiate(
    [...acceptCompression],
    header.get(headerEncoding),
    header.get(headerAcceptEncoding),
    headerAcceptEncoding,
  );
  if (compression.response !== null) context.responseHeader.set(headerEncoding, compression.response.name);
  return {
    context,
    requestCompression: compression.request,
    responseCompression: compression.response,
    error: compression.error ?? timeout.error,
  };
}
