import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import type { Http2SessionManager } from "@connectrpc/connect-node";
import { errorFromClosedStream, errorFromFailedStream } from "./http2-error.ts";

/** What an exchange, the innermost step of a call, works with. */
export interface ExchangeOptions {
  manager: Http2SessionManager;
  readMaxBytes: number;
  writeMaxBytes: number;
  sendCompression: Compression | null;
  compressMinBytes: number;
  acceptCompression: Compression[];
}

/** What a response begins with. */
export interface ResponseHead {
  status: number;
  header: Headers;
}

/** Resolves with status and headers of the response; rejects when the stream closes before they came. */
export function responseHead(stream: ClientHttp2Stream): Promise<ResponseHead> {
  const { session } = stream;
  const { promise, resolve, reject } = Promise.withResolvers<ResponseHead>();
  stream.once("response", (headers) => resolve({ status: headers[":status"] ?? 0, header: webHeaders(headers) }));
  stream.once("error", (error) => reject(errorFromFailedStream(stream, error)));
  stream.once("close", () => reject(errorFromClosedStream(stream, session)));
  // A call that fails by itself does not wait for the head any more.
  promise.catch(() => {});
  return promise;
}

/** The trailers of a response; filled by the time its body has ended. */
export function responseTrailer(stream: ClientHttp2Stream): Headers {
  const trailer = new Headers();
  stream.once("trailers", (headers) => {
    for (const [name, value] of webHeaders(headers)) trailer.append(name, value);
  });
  return trailer;
}

/** The signal's reason as a ConnectError: CANCELED unless it is one already. */
export function abortError(signal: AbortSignal): ConnectError {
  return ConnectError.from(signal.reason, Code.Canceled);
}

/** Gives up the request of a stream whose response is complete: RST_STREAM NO_ERROR (RFC 9113, 8.1). */
export function finishStream(stream: ClientHttp2Stream): void {
  if (!stream.closed && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Headers as Node takes them. */
export function nodeHeaders(header: Headers): OutgoingHttpHeaders {
  return Object.fromEntries(header);
}

/** Headers as Node gives them, without those of HTTP/2 itself. */
export function webHeaders(headers: IncomingHttpHeaders): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) result.append(name, String(item));
  }
  return result;
}
