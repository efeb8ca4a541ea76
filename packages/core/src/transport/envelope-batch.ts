import { Code, ConnectError } from "@connectrpc/connect";

const prefixBytes = 5;

/** A batch is large enough to be written with so many bytes in its buffer, or so many beside it. */
const fullBytes = 64 * 1024;
const fullTailBytes = 512 * 1024;

/** A shorter tail is copied sooner than it is written by itself. */
const minTailBytes = 8 * 1024;

/** Writes one type of message into a buffer; see `MessageCodec` of @im-sdk/gen. */
export interface MessageEncoder<T> {
  sizeBound(message: T): number;
  write(message: T, target: Buffer, offset: number): number;
  readonly tail?: {
    of(message: T): Uint8Array | undefined;
    writeHead(message: T, target: Buffer, offset: number): number;
  };
}

/**
 * gRPC envelopes, gathered in one buffer. The buffer is handed over with them and nothing is held between two batches: most
 * streams are silent most of the time. A batch begins with what the one before needed. Long bytes at the end of a message can
 * stay where they are, beside the buffer.
 */
export class EnvelopeBatch {
  readonly #maxMessageBytes: number;
  #buffer: Buffer | undefined;
  #end = 0;
  readonly #leastBytes: number;
  #expectedBytes: number;
  /** Bytes that come behind so many of the buffer. */
  #tails: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #tailBytes = 0;

  /** A larger message is refused with RESOURCE_EXHAUSTED. No buffer is smaller than `leastBytes`, which is 1 KiB by default. */
  constructor(maxMessageBytes: number, leastBytes = 1024) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#leastBytes = leastBytes;
    this.#expectedBytes = leastBytes;
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** It should be written, whatever is still to come. */
  get isFull(): boolean {
    return this.#end >= fullBytes || this.#tailBytes >= fullTailBytes;
  }

  /** Encodes a message straight into the buffer. */
  addMessage<T>(message: T, encoder: MessageEncoder<T>): void {
    const buffer = this.#reserve(prefixBytes + encoder.sizeBound(message));
    this.#complete(buffer, 0, encoder.write(message, buffer, this.#end + prefixBytes));
  }

  /** The same for a message whose bytes are not changed before the batch has been written: a long tail is not copied. */
  addLastingMessage<T>(message: T, encoder: MessageEncoder<T>): void {
    const bytes = encoder.tail?.of(message);
    if (encoder.tail === undefined || bytes === undefined || !(bytes.byteLength >= minTailBytes)) {
      this.addMessage(message, encoder);
      return;
    }
    const buffer = this.#reserve(prefixBytes + encoder.sizeBound(message) - bytes.byteLength);
    const end = encoder.tail.writeHead(message, buffer, this.#end + prefixBytes);
    if (end < 0) {
      this.addMessage(message, encoder);
      return;
    }
    this.#complete(buffer, 0, end, bytes.byteLength);
    this.#tails.push({ at: end, bytes });
    this.#tailBytes += bytes.byteLength;
  }

  addBytes(flags: number, data: Uint8Array): void {
    const buffer = this.#reserve(prefixBytes + data.byteLength);
    buffer.set(data, this.#end + prefixBytes);
    this.#complete(buffer, flags, this.#end + prefixBytes + data.byteLength);
  }

  /** Throws when no message may be that large. */
  requireSize(bytes: number): void {
    if (bytes <= this.#maxMessageBytes) return;
    const message = `a message of ${bytes} bytes is larger than the limit of ${this.#maxMessageBytes} bytes`;
    throw new ConnectError(message, Code.ResourceExhausted);
  }

  /** All envelopes since the last time, in pieces that belong one behind the other. */
  take(): Uint8Array[] {
    const buffer = this.#buffer ?? Buffer.alloc(0);
    const pieces: Uint8Array[] = [];
    let start = 0;
    for (const { at, bytes } of this.#tails) {
      pieces.push(buffer.subarray(start, at), bytes);
      start = at;
    }
    if (start < this.#end) pieces.push(buffer.subarray(start, this.#end));
    // A little more, so that a batch like this one need not grow for what its last message may take at the most.
    this.#expectedBytes = Math.max(this.#leastBytes, Math.ceil(this.#end * 1.25));
    this.#buffer = undefined;
    this.#end = 0;
    this.#tails = [];
    this.#tailBytes = 0;
    return pieces;
  }

  #reserve(bytes: number): Buffer {
    const wanted = this.#end + bytes;
    const buffer = this.#buffer;
    if (buffer !== undefined && wanted <= buffer.byteLength) return buffer;
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#end, this.#expectedBytes));
    if (buffer !== undefined) larger.set(buffer.subarray(0, this.#end));
    this.#buffer = larger;
    return larger;
  }

  #complete(buffer: Buffer, flags: number, end: number, tailBytes = 0): void {
    const byteLength = end - this.#end - prefixBytes + tailBytes;
    this.requireSize(byteLength);
    buffer[this.#end] = flags;
    buffer.writeUInt32BE(byteLength, this.#end + 1);
    this.#end = end;
  }
}
