import type { Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";

/** A handler's context, and what ends it: its deadline is no longer waited for, and its signal aborts. */
export type GrpcContext = HandlerContext & { abort(reason?: unknown): void };

/** The answer to one gRPC call: the headers leave with the first bytes, or with the end, which is a status in the trailers. */
export class GrpcResponse {
  readonly #context: GrpcContext;
  readonly #response: Http2ServerResponse;
  readonly #stream: ServerHttp2Stream;

  constructor(context: GrpcContext, response: Http2ServerResponse) {
    this.#context = context;
    this.#response = response;
    this.#stream = response.stream;
  }

  /** The stream is there, and has not been ended or reset by either side. */
  get isWritable(): boolean {
    return this.#stream.writable && !this.#stream.closed && !this.#stream.destroyed;
  }

  /** False when the stream is full; {@link onDrain} tells when it no longer is. */
  write(bytes: Uint8Array): boolean {
    this.#sendHead();
    return this.#stream.write(bytes);
  }

  onDrain(listener: () => void): void {
    this.#stream.once("drain", listener);
  }

  /** Ends the call: well, or with an error; one that is no ConnectError is kept to ourselves. */
  end(error?: unknown): void {
    const { responseTrailer } = this.#context;
    this.#context.abort(error);
    if (error !== undefined) setTrailerStatus(responseTrailer, toConnectError(error));
    if (!this.isWritable) return;
    this.#sendHead();
    this.#response.addTrailers(Object.fromEntries([...responseTrailer].filter(([name]) => !ofConnection.has(name))));
    this.#response.end();
  }

  #sendHead(): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, Object.fromEntries(this.#context.responseHeader));
  }
}

/** What HTTP/2 has no place for (RFC 9113, 8.2.2), and Node throws for when it is too late to answer otherwise. */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "te",
]);

function toConnectError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}
