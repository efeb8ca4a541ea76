import { Code, ConnectError } from "@connectrpc/connect";
import { prefixBytes } from "../stream/frame-codec.ts";

/** One message on the wire, as gRPC frames it. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

const nothing = Buffer.alloc(0);

/** Set aside at first for a long envelope that comes in pieces. */
const minGatherBytes = 4096;

/**
 * Cuts a byte stream into gRPC envelopes: `push` a chunk, then take by `next` while there are any. An envelope that lies within
 * one chunk is a view of it. One that comes in pieces, however small they are, is copied together, into no more memory than
 * twice what has come of it.
 */
export class EnvelopeSplitter {
  readonly #readMaxBytes: number;
  #chunk: Buffer<ArrayBuffer> = nothing;
  #offset = 0;
  /** The beginning of an envelope whose rest is in the chunk, or still to come. */
  #gathered: Buffer<ArrayBuffer> = nothing;
  #gatheredBytes = 0;

  constructor(readMaxBytes: number) {
    this.#readMaxBytes = readMaxBytes;
  }

  /** Whether the input ends within an envelope, if it ends here. */
  get isIncomplete(): boolean {
    return this.#gatheredBytes > 0 || this.#offset < this.#chunk.byteLength;
  }

  push(chunk: Buffer<ArrayBuffer>): void {
    const rest = this.#chunk.subarray(this.#offset);
    this.#chunk = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.#offset = 0;
  }

  /** The next complete envelope, if there is one. Throws RESOURCE_EXHAUSTED for one that is too large, as connect does. */
  next(): Envelope | undefined {
    if (this.#gatheredBytes > 0) return this.#nextGathered();
    const start = this.#offset;
    const left = this.#chunk.byteLength - start;
    if (left >= prefixBytes) {
      const end = start + this.#envelopeBytes(this.#chunk, start);
      if (end <= this.#chunk.byteLength) {
        this.#offset = end;
        return { flags: this.#chunk[start] ?? 0, data: this.#chunk.subarray(start + prefixBytes, end) };
      }
    }
    return left === 0 ? undefined : this.#nextGathered();
  }

  #nextGathered(): Envelope | undefined {
    if (!this.#gather(prefixBytes)) return undefined;
    const bytes = this.#envelopeBytes(this.#gathered, 0);
    if (!this.#gather(bytes)) return undefined;
    const envelope = this.#gathered;
    this.#gathered = nothing;
    this.#gatheredBytes = 0;
    return { flags: envelope[0] ?? 0, data: envelope.subarray(prefixBytes, bytes) };
  }

  /** Copies from the chunk until so many bytes are together; false when it has not that many. */
  #gather(wantBytes: number): boolean {
    if (this.#gatheredBytes >= wantBytes) return true;
    const end = Math.min(this.#offset + wantBytes - this.#gatheredBytes, this.#chunk.byteLength);
    const bytes = this.#gatheredBytes + end - this.#offset;
    if (bytes > this.#gathered.byteLength) {
      const capacity = Math.max(bytes, 2 * this.#gathered.byteLength, minGatherBytes);
      const larger = Buffer.allocUnsafe(Math.min(wantBytes, capacity));
      this.#gathered.copy(larger, 0, 0, this.#gatheredBytes);
      this.#gathered = larger;
    }
    this.#chunk.copy(this.#gathered, this.#gatheredBytes, this.#offset, end);
    this.#offset = end;
    this.#gatheredBytes = bytes;
    return bytes >= wantBytes;
  }

  /** Of the envelope that begins there, with its prefix. */
  #envelopeBytes(buffer: Buffer, offset: number): number {
    const length = buffer.readUInt32BE(offset + 1);
    if (length <= this.#readMaxBytes) return prefixBytes + length;
    const message = `message size ${length} is larger than configured readMaxBytes ${this.#readMaxBytes}`;
    throw new ConnectError(message, Code.ResourceExhausted);
  }
}
