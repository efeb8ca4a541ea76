import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { isIPv6 } from "node:net";
import { type ConnectRouter, createConnectRouter, createContextValues } from "@connectrpc/connect";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Logger } from "../logger.ts";
import { type Connection, transportKey } from "./connection.ts";

/** A request listener of `node:http2`. */
export type RequestListener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** What {@link serveRequests} needs. */
export interface ServeRequestsOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** Serves what is no RPC. */
  readonly fallback: RequestListener;
  readonly connectionOf: (request: Http2ServerRequest) => Connection | undefined;
  readonly logger: Logger;
}

/**
 * The request listener of an HTTP/2 server: RPCs by connect, which is told of the session below each call. It does what
 * `connectNodeAdapter` does, but a call that was cut off is a line in our log instead of one on stderr for each.
 */
export function serveRequests({ routes, fallback, connectionOf, logger }: ServeRequestsOptions): RequestListener {
  const router = createConnectRouter({ acceptCompression: [compressionGzip, compressionBrotli] });
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  async function serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const handler = handlers.get(request.url.split("?", 1)[0] ?? "");
    if (handler === undefined) return fallback(request, response);
    const call = universalRequestFromNodeRequest(request, response, undefined, contextOf(request, connectionOf));
    await universalResponseToNodeResponse(await handler(call), response);
  }

  return (request, response) => {
    const { stream } = request;
    stream.on("error", (error) => logger.debug("an HTTP/2 stream failed", { error: error.message }));
    releaseUnreadBody(request);
    request.headers[":authority"] = readable(request.authority);
    serve(request, response).catch((error: unknown) => {
      logger.debug("a call was cut off", { path: request.url, error });
      // Also when its headers made no sense, such as an authority with a space in it: nothing has been answered then.
      if (!stream.destroyed && !response.headersSent) stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
    });
  };
}

/** The clients of Node leave the brackets of an IPv6 address out, without which it is no authority (RFC 3986, 3.2.2). */
function readable(authority: string): string {
  const [, address = "", port] = /^([\da-f:.]+):(\d+)$/i.exec(authority) ?? [];
  return isIPv6(address) ? `[${address}]:${port}` : authority;
}

function contextOf(request: Http2ServerRequest, connectionOf: ServeRequestsOptions["connectionOf"]) {
  const values = createContextValues();
  const connection = connectionOf(request);
  if (connection === undefined) return values;
  const { stream } = request;
  const isOpen = () => !stream.closed && !stream.destroyed;
  const reset = () => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  return values.set(transportKey, { connection, isOpen, reset });
}

/**
 * A client may go on sending after its answer is complete, or never end its side: the stream would stay half open for as
 * long as the connection lives. gRPC servers reset such a stream with NO_ERROR (RFC 9113, 8.1).
 */
function releaseUnreadBody({ stream }: Http2ServerRequest): void {
  // All data has left by then, and the response has handed over its trailers; they leave before the reset does.
  stream.once("wantTrailers", () => {
    setImmediate(() => {
      if (!stream.destroyed && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  });
}
