import type { Readable } from "node:stream";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Compression, compressedFlag, envelopeDecompress } from "@connectrpc/connect/protocol";
import type { StreamCall } from "../rpc/stream-call.ts";
import { decodeFrame } from "../stream/frame-codec.ts";
import { type Envelope, EnvelopeSplitter } from "./envelope-splitter.ts";

/** The part of a {@link StreamCall} that is told of frames. */
export type FrameReceiver = Pick<StreamCall, "receive" | "finish" | "fail">;

/** What a {@link FrameReader} needs. */
export interface FrameReaderOptions {
  /** An HTTP/2 stream of the server. */
  readonly stream: Readable;
  readonly receiver: FrameReceiver;
  readonly compression: Compression | null;
  readonly readMaxBytes: number;
}

/**
 * Reads the frames of one call from its HTTP/2 stream: all that have come, one after the other, without a promise each. While
 * the receiver asks to wait, the stream is paused and flow control does the rest.
 */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #splitter: EnvelopeSplitter;
  readonly #onData = (chunk: Buffer<ArrayBuffer>) => this.#read(chunk);
  readonly #onEnd = () => this.#endInput();
  #waiting = false;
  #inputEnded = false;
  #over = false;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
    this.#splitter = new EnvelopeSplitter(options.readMaxBytes);
  }

  start(): void {
    if (this.#over) return;
    const { stream } = this.#options;
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    // Node tells of the end of a stream without data even while nobody reads it, and does not tell again.
    if (stream.readableEnded) this.#endInput();
  }

  /** Hands on no more frames. What the client still sends stays with the client, until the stream itself is over. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    const { stream } = this.#options;
    stream.off("data", this.#onData);
    stream.off("end", this.#onEnd);
    stream.pause();
    // Then all has been said, and Node closes a stream only once it has been read to its end.
    stream.once("wantTrailers", () => stream.resume());
  }

  #read(chunk: Buffer<ArrayBuffer>): void {
    this.#splitter.push(chunk);
    if (!this.#waiting) this.#run();
  }

  #endInput(): void {
    this.#inputEnded = true;
    if (!this.#waiting) this.#run();
  }

  #run(): void {
    try {
      if (this.#handleAll() && this.#inputEnded && !this.#over) this.#finish();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Handles what is complete; false when it has to wait before the next. */
  #handleAll(): boolean {
    while (!this.#over) {
      const envelope = this.#splitter.next();
      if (envelope === undefined) return true;
      const pending = this.#handle(envelope);
      if (pending !== undefined) {
        this.#wait(pending);
        return false;
      }
    }
    return true;
  }

  #finish(): void {
    const { receiver } = this.#options;
    if (this.#splitter.isIncomplete) {
      throw new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
    }
    this.#over = true;
    receiver.finish().catch((error: unknown) => receiver.fail(error));
  }

  #handle({ flags, data }: Envelope): Promise<void> | undefined {
    const { receiver, compression, readMaxBytes } = this.#options;
    if ((flags & compressedFlag) === 0) return receiver.receive(decodeFrame(data));
    return envelopeDecompress({ flags, data }, compression, readMaxBytes).then((plain) =>
      receiver.receive(decodeFrame(plain.data)),
    );
  }

  #wait(pending: Promise<void>): void {
    const { stream } = this.#options;
    this.#waiting = true;
    stream.pause();
    const goOn = () => {
      this.#waiting = false;
      if (this.#over) return;
      this.#run();
      if (!this.#waiting && !this.#over) stream.resume();
    };
    pending.then(goOn, (error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.stop();
    this.#options.receiver.fail(error);
  }
}
