import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { isIPv6 } from "node:net";
import { type ConnectRouter, createConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import { parseContentType } from "@connectrpc/connect/protocol-grpc";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { Logger } from "../logger.ts";
import { acceptCompression } from "./accept-compression.ts";
import { type Connection, transportKey } from "./connection.ts";

/** A request listener of `node:http2`. */
export type RequestListener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** Serves one gRPC call with binary messages; resolves when nothing can be thrown any more. */
export type ServeGrpcCall = (request: UniversalServerRequest, response: Http2ServerResponse) => Promise<void>;

/** What {@link serveRequests} needs. */
export interface ServeRequestsOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** By path: what serves an RPC in connect's place, when it is called by gRPC with binary messages. */
  readonly grpcCalls: ReadonlyMap<string, ServeGrpcCall>;
  /** Serves what is no RPC. */
  readonly fallback: RequestListener;
  readonly connectionOf: (request: Http2ServerRequest) => Connection | undefined;
  readonly logger: Logger;
}

/**
 * The request listener of an HTTP/2 server: RPCs by connect, which is told of the session below each call, but for those that
 * have a way of their own. It does what `connectNodeAdapter` does, but a call that was cut off is a line in our log instead of
 * one on stderr for each.
 */
export function serveRequests(options: ServeRequestsOptions): RequestListener {
  const { routes, grpcCalls, fallback, connectionOf, logger } = options;
  const router = createConnectRouter({ acceptCompression: [...acceptCompression] });
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  async function serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const path = request.url.split("?", 1)[0] ?? "";
    const handler = handlers.get(path);
    if (handler === undefined) return fallback(request, response);
    const call = universalRequestFromNodeRequest(request, response, undefined, contextOf(request, connectionOf));
    const serveGrpc = isBinaryGrpc(call) ? grpcCalls.get(path) : undefined;
    if (serveGrpc !== undefined) return serveGrpc(call, response);
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

function isBinaryGrpc({ method, header }: UniversalServerRequest): boolean {
  return method === "POST" && parseContentType(header.get("content-type"))?.binary === true;
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
