import { type ClientHttp2Stream, constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressedFlag } from "@connectrpc/connect/protocol";
import { type Envelope, EnvelopeSplitter } from "./envelope-splitter.ts";
import { errorFromClosedStream, errorFromFailedStream } from "./http2-error.ts";
import { type ReadyMessages, takeReady } from "./ready-messages.ts";

export interface MessageReaderOptions<T> {
  stream: ClientHttp2Stream;
  readMaxBytes: number;
  /** A message beyond that is left out and told here; without this it ends the response with an error. */
  onTooLarge?: (() => void) | undefined;
  /** A promise only when the envelope is compressed; undefined when it turned out to be too large and was told. */
  decode(envelope: Envelope): T | Promise<T | undefined>;
  onRead(): void;
  /** The response's status has come, in its trailers or its head. */
  hasStatus(): boolean;
  /** Called once when the response is complete; throws what its status says went wrong. */
  onEnd(): void;
}

/** Past this many undelivered bytes the stream is paused, and resumed at half of it. */
const pauseBytes = 1024 * 1024;

/** What an envelope costs beside its data, roughly; so that many empty ones are bounded, too. */
const envelopeOverheadBytes = 64;

/**
 * The messages of a response. The hot path in: each chunk is split into all of its envelopes at once; one that is waited
 * for is handed over directly, the others queue until `next()`. A reader that stops pulling pauses the HTTP/2 stream.
 */
export class MessageReader<T> implements ReadyMessages<T> {
  readonly #options: MessageReaderOptions<T>;
  readonly #splitter: EnvelopeSplitter;
  #queue: Envelope[] = [];
  #head = 0;
  #queuedBytes = 0;
  #outcome: { error: ConnectError | undefined } | undefined;
  #waiter: { resolve(result: IteratorResult<T>): void; reject(reason: unknown): void } | undefined;

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
    const envelope = this.#queue[this.#head];
    if (envelope !== undefined) {
      this.#shift(envelope);
      return this.#decode(envelope);
    }
    if (this.#outcome === undefined) {
      return new Promise((resolve, reject) => {
        this.#waiter = { resolve, reject };
      });
    }
    const { error } = this.#outcome;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  /** A compressed message takes time, and one that cannot be read is an error: both are left to `next()`. */
  [takeReady](): T | undefined {
    const envelope = this.#queue[this.#head];
    if (envelope === undefined || (envelope.flags & compressedFlag) !== 0) return undefined;
    try {
      const message = this.#options.decode(envelope);
      if (message instanceof Promise) return undefined;
      this.#shift(envelope);
      return message;
    } catch {
      return undefined;
    }
  }

  /** Ends the response with an error, behind what has already arrived; later outcomes change nothing. */
  fail(error: ConnectError): void {
    this.#settle(error);
  }

  #onChunk(chunk: Buffer<ArrayBuffer>): void {
    this.#options.onRead();
    if (this.#outcome !== undefined) return;
    try {
      this.#splitter.push(chunk, (envelope) => this.#push(envelope));
    } catch (error) {
      this.#settle(ConnectError.from(error));
    }
  }

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

  #push(envelope: Envelope): void {
    const waiter = this.#waiter;
    if (waiter !== undefined) {
      this.#waiter = undefined;
      this.#decode(envelope).then(waiter.resolve, waiter.reject);
      return;
    }
    this.#queue.push(envelope);
    this.#queuedBytes += sizeOf(envelope);
    if (this.#queuedBytes > pauseBytes && !this.#options.stream.isPaused()) this.#options.stream.pause();
  }

  #shift(envelope: Envelope): void {
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    this.#queuedBytes -= sizeOf(envelope);
    if (this.#queuedBytes < pauseBytes / 2 && this.#options.stream.isPaused()) this.#options.stream.resume();
  }

  #decode(envelope: Envelope): Promise<IteratorResult<T>> {
    try {
      const message = this.#options.decode(envelope);
      return message instanceof Promise
        ? message.then((value) => (value === undefined ? this.next() : { done: false, value }))
        : Promise.resolve({ done: false, value: message });
    } catch (error) {
      return Promise.reject(error);
    }
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

function sizeOf({ start, end }: Envelope): number {
  return end - start + envelopeOverheadBytes;
}
