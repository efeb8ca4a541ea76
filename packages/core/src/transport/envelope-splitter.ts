import { Code, ConnectError } from "@connectrpc/connect";

export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

const prefixBytes = 5;

/**
 * Cuts a byte stream into gRPC envelopes. An envelope that lies within one chunk is a view of it, not a copy. A length
 * beyond `readMaxBytes` throws before anything of it is kept.
 */
export class EnvelopeSplitter {
  readonly #readMaxBytes: number;
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #wantBytes = prefixBytes;

  constructor(readMaxBytes: number) {
    this.#readMaxBytes = readMaxBytes;
  }

  /** Bytes of an envelope that is not complete yet. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Takes the next chunk and hands each envelope that it completes to `emit`. */
  push(chunk: Uint8Array<ArrayBuffer>, emit: (envelope: Envelope) => void): void {
    if (this.#bytes > 0) {
      this.#parts.push(chunk);
      this.#bytes += chunk.byteLength;
      if (this.#bytes < this.#wantBytes) return;
      chunk = Buffer.concat(this.#parts, this.#bytes);
      this.#parts = [];
      this.#bytes = 0;
    }
    let offset = 0;
    const end = chunk.byteLength;
    while (end - offset >= prefixBytes) {
      const length = this.#lengthAt(chunk, offset);
      const next = offset + prefixBytes + length;
      if (next > end) {
        this.#wantBytes = prefixBytes + length;
        break;
      }
      emit({ flags: chunk[offset] ?? 0, data: chunk.subarray(offset + prefixBytes, next) });
      offset = next;
    }
    if (offset === end) return;
    if (end - offset < prefixBytes) this.#wantBytes = prefixBytes;
    this.#parts = [chunk.subarray(offset)];
    this.#bytes = end - offset;
  }

  #lengthAt(chunk: Uint8Array, offset: number): number {
    const length =
      (((chunk[offset + 1] ?? 0) << 24) |
        ((chunk[offset + 2] ?? 0) << 16) |
        ((chunk[offset + 3] ?? 0) << 8) |
        (chunk[offset + 4] ?? 0)) >>>
      0;
    if (length > this.#readMaxBytes) {
      throw new ConnectError(
        `a message of ${length} bytes is larger than the limit of ${this.#readMaxBytes} bytes`,
        Code.ResourceExhausted,
      );
    }
    return length;
  }
}
