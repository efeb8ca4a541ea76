import { Code, ConnectError } from "@connectrpc/connect";

const prefixBytes = 5;
const firstBytes = 1024;

/** Writes one type of message into a buffer. */
export interface MessageEncoder<T> {
  /** No encoding of the message is longer, in bytes. */
  sizeBound(message: T): number;
  /** Returns the offset behind the message. */
  write(message: T, target: Buffer, offset: number): number;
}

/**
 * gRPC envelopes, gathered in one buffer. The buffer is handed over with them and nothing is held between two batches: most
 * streams are silent most of the time. A batch begins with what the one before needed.
 */
export class EnvelopeBatch {
  readonly #maxMessageBytes: number;
  #buffer: Buffer | undefined;
  #end = 0;
  #expectedBytes = firstBytes;

  /** A larger message is refused with RESOURCE_EXHAUSTED. */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  get byteLength(): number {
    return this.#end;
  }

  /** Encodes a message straight into the buffer. */
  addMessage<T>(message: T, encoder: MessageEncoder<T>): void {
    const buffer = this.#reserve(prefixBytes + encoder.sizeBound(message));
    this.#complete(buffer, 0, encoder.write(message, buffer, this.#end + prefixBytes));
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

  /** All envelopes since the last time. */
  take(): Buffer {
    const envelopes = this.#buffer?.subarray(0, this.#end) ?? Buffer.alloc(0);
    this.#expectedBytes = Math.max(firstBytes, this.#end);
    this.#buffer = undefined;
    this.#end = 0;
    return envelopes;
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

  #complete(buffer: Buffer, flags: number, end: number): void {
    const byteLength = end - this.#end - prefixBytes;
    this.requireSize(byteLength);
    buffer[this.#end] = flags;
    buffer.writeUInt32BE(byteLength, this.#end + 1);
    this.#end = end;
  }
}
