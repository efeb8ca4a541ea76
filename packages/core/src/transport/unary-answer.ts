import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type UnaryResponse } from "@connectrpc/connect";
import {
  type Compression,
  compressedFlag,
  type EnvelopedMessage,
  envelopeDecompress,
} from "@connectrpc/connect/protocol";
import { validateResponseWithCompression, validateTrailer } from "@connectrpc/connect/protocol-grpc";
import { type ExchangeOptions, webHeaders } from "./call-exchange.ts";
import { EnvelopeSplitter } from "./envelope-splitter.ts";
import { errorFromClosedStream, errorFromFailedStream } from "./http2-error.ts";
import { createMessageParser, type MessageParser } from "./message-encoding.ts";

type Method<I extends DescMessage, O extends DescMessage> = UnaryResponse<I, O>["method"];

/** Who waits for the answer; told once. */
interface Waiter<I extends DescMessage, O extends DescMessage> {
  resolve(response: UnaryResponse<I, O>): void;
  reject(error: ConnectError): void;
}

/** What comes back on the stream of a unary call, up to the one message and the status, or to what went wrong. */
export class UnaryAnswer<I extends DescMessage, O extends DescMessage> {
  readonly #method: Method<I, O>;
  readonly #options: ExchangeOptions;
  readonly #splitter: EnvelopeSplitter;
  readonly #parse: MessageParser<MessageShape<O>>;
  #waiter: Waiter<I, O> | undefined;
  #stream: ClientHttp2Stream | undefined;
  #header: Headers | undefined;
  #headerError: ConnectError | undefined;
  #trailer: Headers | undefined;
  #compression: Compression | null = null;
  #message: MessageShape<O> | undefined;
  /** A compressed message, and one that came behind it. */
  #held: EnvelopedMessage[] = [];
  /** Nothing more is taken from the stream. */
  #isOver = false;

  constructor(method: Method<I, O>, options: ExchangeOptions, waiter: Waiter<I, O>) {
    this.#method = method;
    this.#options = options;
    this.#waiter = waiter;
    this.#splitter = new EnvelopeSplitter(options.readMaxBytes);
    this.#parse = createMessageParser(method.output);
  }

  /** Takes the answer from this stream; when nobody waits for it any more, the stream is cancelled. */
  follow(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    const { session } = stream;
    stream.on("error", (reason) => this.fail(errorFromFailedStream(stream, reason)));
    if (this.#waiter === undefined) {
      this.#cancel();
      return;
    }
    stream.on("response", (headers) => this.#guard(() => this.#onHead(headers, stream)));
    stream.on("trailers", (headers) => {
      this.#trailer = webHeaders(headers);
    });
    // Node ends the streams of a lost connection as if they were complete: without a status, `close` tells.
    stream.on("end", () => {
      if (this.#hasStatus) this.#end();
    });
    stream.on("close", () => {
      const isWhole = stream.rstCode === constants.NGHTTP2_NO_ERROR && !session?.destroyed;
      if (this.#hasStatus || (isWhole && this.#header !== undefined)) this.#end();
      else this.fail(errorFromClosedStream(stream, session));
    });
  }

  /** Ends the call with an error, unless it has ended. */
  fail(error: ConnectError): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    waiter.reject(error);
    this.#cancel();
  }

  get #hasStatus(): boolean {
    return this.#trailer?.has("grpc-status") || this.#header?.has("grpc-status") || false;
  }

  #guard(step: () => void): void {
    try {
      if (this.#waiter !== undefined) step();
    } catch (reason) {
      this.fail(ConnectError.from(reason));
    }
  }

  #onHead(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, stream: ClientHttp2Stream): void {
    const header = webHeaders(headers);
    const { acceptCompression, manager } = this.#options;
    const head = validateResponseWithCompression(acceptCompression, headers[":status"] ?? 0, header);
    this.#header = header;
    this.#headerError = head.headerError;
    this.#compression = head.compression ?? null;
    // Nothing is read before the head is known to be that of a gRPC answer.
    stream.on("data", (chunk: Buffer<ArrayBuffer>) => {
      manager.notifyResponseByteRead(stream);
      this.#guard(() => this.#splitter.push(chunk, this.#onEnvelope));
    });
  }

  readonly #onEnvelope = (flags: number, bytes: Uint8Array<ArrayBuffer>, start: number, end: number): void => {
    if (this.#isOver) return;
    const held = this.#held;
    if (held.length === 0 && (flags & compressedFlag) === 0) {
      this.#take(this.#parse(bytes, start, end));
    } else {
      held.push({ flags, data: bytes.subarray(start, end) });
      if (held.length === 2) this.#end();
    }
  };

  #take(message: MessageShape<O>): void {
    if (this.#message !== undefined) {
      throw new ConnectError("protocol error: received extra output message for unary method", Code.Unimplemented);
    }
    this.#message = message;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const complete = () => this.#guard(() => this.#complete());
    if (this.#held.length === 0) complete();
    else this.#unpack().then(complete, (reason: unknown) => this.fail(ConnectError.from(reason)));
  }

  async #unpack(): Promise<void> {
    for (const envelope of this.#held) {
      const { data } = await envelopeDecompress(envelope, this.#compression, this.#options.readMaxBytes);
      this.#take(this.#parse(data, 0, data.byteLength));
    }
  }

  #complete(): void {
    const header = this.#header ?? new Headers();
    const trailer = this.#trailer ?? new Headers();
    if (this.#splitter.pendingBytes > 0) throw new ConnectError("the response ended within a message", Code.Internal);
    validateTrailer(trailer, header);
    const message = this.#message;
    if (message === undefined) {
      if (this.#headerError !== undefined) throw this.#headerError;
      const code = trailer.has("grpc-status") ? Code.Unimplemented : Code.Unknown;
      throw new ConnectError("protocol error: missing output message for unary method", code);
    }
    if (this.#headerError !== undefined) {
      throw new ConnectError(
        "protocol error: received output message for unary method with error status",
        Code.Unknown,
      );
    }
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve({ stream: false, service: this.#method.parent, method: this.#method, header, message, trailer });
    this.#cancel();
  }

  /** RST_STREAM CANCEL, where the stream is not over. */
  #cancel(): void {
    const stream = this.#stream;
    if (stream === undefined || stream.closed || stream.destroyed) return;
    stream.close(constants.NGHTTP2_CANCEL);
    // A stream with bytes that nobody reads would stay.
    stream.resume();
  }
}
