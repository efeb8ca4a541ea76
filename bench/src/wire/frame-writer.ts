const slabBytes = 64 * 1024;

/** Collects gRPC messages in one buffer, so that they can be written at once. */
export class FrameWriter {
  #slab = Buffer.allocUnsafe(slabBytes);
  #start = 0;
  #end = 0;

  /** Bytes that were not taken yet. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds a message of at most so many bytes, which `write` puts at an offset of a buffer; it answers where the message ends. */
  add(maxBytes: number, write: (target: Buffer, offset: number) => number): void {
    this.#reserve(5 + maxBytes);
    const start = this.#end + 5;
    const end = write(this.#slab, start);
    this.#slab[this.#end] = 0;
    this.#slab.writeUInt32BE(end - start, this.#end + 1);
    this.#end = end;
  }

  /** All that was added since the last time. It is not written to again. */
  take(): Buffer {
    const taken = this.#slab.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return taken;
  }

  #reserve(bytes: number): void {
    if (this.#slab.length - this.#end >= bytes) return;
    const kept = this.#slab.subarray(this.#start, this.#end);
    const next = Buffer.allocUnsafe(Math.max(slabBytes, 2 * (kept.length + bytes)));
    kept.copy(next);
    this.#slab = next;
    this.#start = 0;
    this.#end = kept.length;
  }
}
