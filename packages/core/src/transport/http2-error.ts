import { type ClientHttp2Stream, constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";

/**
 * Why a stream closed before its response was complete, by the table of gRPC's PROTOCOL-HTTP2 page. A connection that
 * went away is UNAVAILABLE, whatever code Node gives its streams.
 */
export function errorFromClosedStream(stream: ClientHttp2Stream): ConnectError {
  const session = stream.session;
  if (session === undefined || session.destroyed || session.closed) {
    return new ConnectError("the connection was lost", Code.Unavailable);
  }
  const code = resetCodes[stream.rstCode] ?? Code.Internal;
  return new ConnectError(`the server reset the stream (HTTP/2 error code ${stream.rstCode})`, code);
}

/** What Node says of a failed socket or stream. */
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
