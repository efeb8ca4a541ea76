import { type ClientHttp2Stream, constants, type Http2Session } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";

/**
 * Why a stream closed before its response was complete, by the table of gRPC's PROTOCOL-HTTP2 page. A connection that
 * went away is UNAVAILABLE, whatever code Node gives its streams. A closed stream no longer knows its session: pass it.
 */
export function errorFromClosedStream(stream: ClientHttp2Stream, session: Http2Session | undefined): ConnectError {
  if (session === undefined || session.destroyed) {
    return new ConnectError("the connection was lost", Code.Unavailable);
  }
  return resetError(stream, undefined);
}

/** Why a stream failed: a reset by the peer, or what became of its connection. */
export function errorFromFailedStream(stream: ClientHttp2Stream, reason: unknown): ConnectError {
  // Node makes an error of every reset but NO_ERROR and CANCEL, and keeps the peer's code on the stream.
  if (nodeErrorCode(reason) === "ERR_HTTP2_STREAM_ERROR") return resetError(stream, reason);
  return errorFromNode(reason);
}

/** Why a request could not be made. */
export function errorFromNode(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) return reason;
  const code = nodeErrorCode(reason);
  const error = ConnectError.from(
    reason,
    code !== undefined && connectionCodes.test(code) ? Code.Unavailable : Code.Internal,
  );
  error.cause = reason;
  return error;
}

function resetError({ rstCode }: ClientHttp2Stream, cause: unknown): ConnectError {
  const message = `the server reset the stream (HTTP/2 error code ${rstCode})`;
  return new ConnectError(message, resetCodes[rstCode] ?? Code.Internal, undefined, undefined, cause);
}

function nodeErrorCode(reason: unknown): string | undefined {
  const code = reason instanceof Error && "code" in reason ? reason.code : undefined;
  return typeof code === "string" ? code : undefined;
}

const connectionCodes =
  /^(E(CONN|HOST|NET|PIPE|TIMEDOUT|NOTFOUND|AI_)|ERR_HTTP2_(GOAWAY_SESSION|SESSION_ERROR|STREAM_CANCEL|INVALID_SESSION)|ERR_STREAM_DESTROYED)/;

const resetCodes: Record<number, Code> = {
  [constants.NGHTTP2_REFUSED_STREAM]: Code.Unavailable,
  [constants.NGHTTP2_CANCEL]: Code.Canceled,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: Code.ResourceExhausted,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: Code.PermissionDenied,
};
