const prefixBytes = 5;

/** Counts the gRPC messages of a stream without holding or decoding any. */
export class EnvelopeCounter {
  /** Of the message that is under way. */
  #missingBytes = 0;
  #prefix = 0;
  #prefixRead = 0;
  #count = 0;
  #bytes = 0;

  /** Whole messages. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all chunks. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many messages this chunk completes. */
  push(chunk: Buffer): number {
    const before = this.#count;
    this.#bytes += chunk.length;
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#prefixRead < prefixBytes) {
        // The first byte is flags; a shift of four more moves it out of the 32 bits.
        this.#prefix = (this.#prefix << 8) | (chunk[offset++] ?? 0);
        if (++this.#prefixRead < prefixBytes) continue;
        this.#missingBytes = this.#prefix >>> 0;
      }
      const taken = Math.min(this.#missingBytes, chunk.length - offset);
      offset += taken;
      this.#missingBytes -= taken;
      if (this.#missingBytes > 0) continue;
      this.#count++;
      this.#prefixRead = 0;
      this.#prefix = 0;
    }
    return this.#count - before;
  }
}
