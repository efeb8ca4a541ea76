const prefixBytes = 5;
const nothing = Buffer.alloc(0);

/** Takes gRPC messages out of chunks of a stream. What it hands over is no copy: it is a part of the chunk, where that holds all of it. */
export class EnvelopeSplitter {
  #parts: Buffer[] = [];
  #heldBytes = 0;
  #wantedBytes = 0;

  push(chunk: Buffer, onMessage: (message: Buffer) => void): void {
    const bytes = this.#join(chunk);
    let offset = 0;
    while (bytes.length - offset >= prefixBytes) {
      const end = offset + prefixBytes + bytes.readUInt32BE(offset + 1);
      if (end > bytes.length) break;
      onMessage(bytes.subarray(offset + prefixBytes, end));
      offset = end;
    }
    if (offset < bytes.length) this.#hold(bytes.subarray(offset));
  }

  /** Joins only once a whole message is there: large ones come in many chunks. */
  #join(chunk: Buffer): Buffer {
    if (this.#parts.length === 0) return chunk;
    this.#parts.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#wantedBytes) return nothing;
    const joined = Buffer.concat(this.#parts, this.#heldBytes);
    this.#parts = [];
    return joined;
  }

  #hold(rest: Buffer): void {
    this.#parts = [rest];
    this.#heldBytes = rest.length;
    this.#wantedBytes = prefixBytes + (rest.length < prefixBytes ? 0 : rest.readUInt32BE(1));
  }
}
