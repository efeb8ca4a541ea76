import { type ClientHttp2Stream, constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressedFlag } from "@connectrpc/connect/protocol";
import { EnvelopeSplitter } from "./envelope-splitter.ts";
import { errorFromClosedStream, errorFromFailedStream } from "./http2-error.ts";
import type { MessageParser } from "./message-encoding.ts";
import { type ReadyMessages, takeReady } from "./ready-messages.ts";

export interface MessageReaderOptions<T> {
  stream: ClientHttp2Stream;
  readMaxBytes: number;
  /** A message beyond that is left out and told here; without this it ends the response with an error. */
  onTooLarge?: (() => void) | undefined;
  parse: MessageParser<T>;
  /** Data of a compressed envelope; undefined when it turned out to be too large and was told. */
  decompress(flags: number, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined>;
  onRead(): void;
  /** The response's status has come, in its trailers or its head. */
  hasStatus(): boolean;
  /** Called once when the response is complete; throws what its status says went wrong. */
  onEnd(): void;
}

/** Past this many undelivered bytes the stream is paused, and resumed at half of it. */
const pauseBytes = 1024 * 1024;

/** What a message costs beside its data, roughly; so that many empty ones are bounded, too. */
const overheadBytes = 512;

/** A message that is still to be decompressed. */
class Compressed {
  readonly flags: number;
  readonly data: Uint8Array<ArrayBuffer>;

  constructor(flags: number, data: Uint8Array<ArrayBuffer>) {
    this.flags = flags;
    this.data = data;
  }
}

/**
 * The messages of a response. The hot path in: all messages of a chunk are read at once, where they lie; one that is waited
 * for is handed over directly, the others queue until they are taken. A reader that stops pulling pauses the HTTP/2 stream.
 */
export class MessageReader<T extends object> implements ReadyMessages<T> {
  readonly #options: MessageReaderOptions<T>;
  readonly #splitter: EnvelopeSplitter;
  #queue: (T | Compressed)[] = [];
  /** Of what is in the queue. */
  #sizes: number[] = [];
  #head = 0;
  #queuedBytes = 0;
  #outcome: { error: ConnectError | undefined } | undefined;
  #waiter:
    | { resolve(result: IteratorResult<T> | Promise<IteratorResult<T>>): void; reject(reason: unknown): void }
    | undefined;

  constructor(options: MessageReaderOptions<T>) {
    this.#options = options;
    this.#splitter = new EnvelopeSplitter(options.readMaxBytes, options.onTooLarge);
    const { stream, hasStatus } = options;
    const { session } = stream;
    stream.on("data", (chunk: Buffer<ArrayBuffer>) => this.#onChunk(chunk));
    // Node ends the streams of a lost connection as if they were complete: without a status, `close` tells.
    stream.on("end", () => {
      if (hasStatus()) this.#onEnd();
    });
    stream.on("error", (error) => this.fail(errorFromFailedStream(stream, error)));
    stream.on("close", () => {
      if (hasStatus() || (stream.rstCode === constants.NGHTTP2_NO_ERROR && !session?.destroyed)) this.#onEnd();
      else this.fail(errorFromClosedStream(stream, session));
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    const item = this.#queue[this.#head];
    if (item !== undefined) {
      this.#shift();
      return this.#give(item);
    }
    if (this.#outcome === undefined) {
      return new Promise((resolve, reject) => {
        this.#waiter = { resolve, reject };
      });
    }
    const { error } = this.#outcome;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  /** A compressed message takes time: it is left to `next()`. */
  readonly [takeReady] = (): T | undefined => {
    const item = this.#queue[this.#head];
    if (item === undefined || item instanceof Compressed) return undefined;
    this.#shift();
    return item;
  };

  /** Ends the response with an error, behind what has already arrived; later outcomes change nothing. */
  fail(error: ConnectError): void {
    this.#settle(error);
  }

  #onChunk(chunk: Buffer<ArrayBuffer>): void {
    this.#options.onRead();
    if (this.#outcome !== undefined) return;
    try {
      this.#splitter.push(chunk, this.#onEnvelope);
    } catch (error) {
      this.#settle(ConnectError.from(error));
    }
  }

  readonly #onEnvelope = (flags: number, bytes: Uint8Array<ArrayBuffer>, start: number, end: number): void => {
    const isCompressed = (flags & compressedFlag) !== 0;
    const item = isCompressed
      ? new Compressed(flags, bytes.subarray(start, end))
      : this.#options.parse(bytes, start, end);
    const waiter = this.#waiter;
    if (waiter !== undefined) {
      this.#waiter = undefined;
      waiter.resolve(this.#give(item));
      return;
    }
    const size = end - start + overheadBytes;
    this.#queue.push(item);
    this.#sizes.push(size);
    this.#queuedBytes += size;
    if (this.#queuedBytes > pauseBytes && !this.#options.stream.isPaused()) this.#options.stream.pause();
  };

  #onEnd(): void {
    if (this.#outcome !== undefined) return;
    try {
      this.#options.onEnd();
      if (this.#splitter.pendingBytes > 0) {
        throw new ConnectError("the response ended within a message", Code.Internal);
      }
      this.#settle(undefined);
    } catch (error) {
      this.#settle(ConnectError.from(error));
    }
  }

  #shift(): void {
    this.#queuedBytes -= this.#sizes[this.#head] ?? 0;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#sizes = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#sizes.splice(0, this.#head);
      this.#head = 0;
    }
    if (this.#queuedBytes < pauseBytes / 2 && this.#options.stream.isPaused()) this.#options.stream.resume();
  }

  #give(item: T | Compressed): Promise<IteratorResult<T>> {
    if (!(item instanceof Compressed)) return Promise.resolve({ done: false, value: item });
    const { parse, decompress } = this.#options;
    return decompress(item.flags, item.data).then((data) =>
      data === undefined ? this.next() : { done: false, value: parse(data, 0, data.byteLength) },
    );
  }

  #settle(error: ConnectError | undefined): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = { error };
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    if (error === undefined) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }
}
