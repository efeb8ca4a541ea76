import { Code, ConnectError } from "@connectrpc/connect";

/** Takes an envelope, whose data is what `bytes` has from `start` to `end`. */
export type OnEnvelope = (flags: number, bytes: Uint8Array<ArrayBuffer>, start: number, end: number) => void;

const prefixBytes = 5;

/** No message is longer, rather no message at all. */
const maxLeftOutBytes = 256 * 1024 * 1024;

/**
 * Cuts a byte stream into gRPC envelopes. An envelope that lies within one chunk is not copied. One beyond
 * `readMaxBytes` is left out and told, before anything of it is kept; where nobody is to be told it throws.
 */
export class EnvelopeSplitter {
  readonly #readMaxBytes: number;
  readonly #onTooLarge: (() => void) | undefined;
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #wantBytes = prefixBytes;
  /** Still to come of an envelope that is left out. */
  #skipBytes = 0;

  constructor(readMaxBytes: number, onTooLarge?: () => void) {
    this.#readMaxBytes = readMaxBytes;
    this.#onTooLarge = onTooLarge;
  }

  /** Bytes of an envelope that is not complete yet. */
  get pendingBytes(): number {
    return this.#bytes + this.#skipBytes;
  }

  /** Takes the next chunk and hands each envelope that it completes to `emit`. */
  push(chunk: Uint8Array<ArrayBuffer>, emit: OnEnvelope): void {
    if (this.#skipBytes > 0) chunk = this.#skip(chunk);
    if (this.#bytes > 0) {
      this.#parts.push(chunk);
      this.#bytes += chunk.byteLength;
      if (this.#bytes < this.#wantBytes) return;
      chunk = Buffer.concat(this.#parts, this.#bytes);
      this.#parts = [];
      this.#bytes = 0;
    }
    let offset = 0;
    let end = chunk.byteLength;
    while (end - offset >= prefixBytes) {
      const length = lengthAt(chunk, offset);
      if (length > this.#readMaxBytes) {
        this.#refuse(length);
        this.#skipBytes = length;
        chunk = this.#skip(chunk.subarray(offset + prefixBytes));
        offset = 0;
        end = chunk.byteLength;
        continue;
      }
      const next = offset + prefixBytes + length;
      if (next > end) {
        this.#wantBytes = prefixBytes + length;
        break;
      }
      emit(chunk[offset] ?? 0, chunk, offset + prefixBytes, next);
      offset = next;
    }
    if (offset === end) return;
    if (end - offset < prefixBytes) this.#wantBytes = prefixBytes;
    this.#parts = [chunk.subarray(offset)];
    this.#bytes = end - offset;
  }

  #refuse(length: number): void {
    if (this.#onTooLarge !== undefined && length <= maxLeftOutBytes) {
      this.#onTooLarge();
      return;
    }
    const message = `a message of ${length} bytes is larger than the limit of ${this.#readMaxBytes} bytes`;
    throw new ConnectError(message, Code.ResourceExhausted);
  }

  /** What is left of a chunk behind what is to be skipped. */
  #skip(chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const skipped = Math.min(this.#skipBytes, chunk.byteLength);
    this.#skipBytes -= skipped;
    return chunk.subarray(skipped);
  }
}

function lengthAt(chunk: Uint8Array, offset: number): number {
  return (
    (((chunk[offset + 1] ?? 0) << 24) |
      ((chunk[offset + 2] ?? 0) << 16) |
      ((chunk[offset + 3] ?? 0) << 8) |
      (chunk[offset + 4] ?? 0)) >>>
    0
  );
}
