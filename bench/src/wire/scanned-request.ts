/** Where in the bytes of a MessageRequest its first five fields are, which mean the same in a MessageResponse. */
export class ScannedRequest {
  /** Field 1 with its tag, from the first byte on; 0 when it is missing. */
  idEnd = 0;
  /** Field 3 with its tag. */
  roomStart = 0;
  roomEnd = 0;
  type = 0;
  /** Where field 5 ends, and with it all that an echo gives back. */
  end = 0;
  #offset = 0;

  scan(bytes: Buffer): void {
    this.idEnd = this.roomStart = this.roomEnd = this.type = this.#offset = 0;
    while (this.#offset < bytes.length) {
      const start = this.#offset;
      const tag = bytes[start] ?? 0;
      if (tag >>> 3 > 5) {
        this.#offset = start;
        break;
      }
      this.#offset++;
      const value = this.#varint(bytes);
      if ((tag & 7) === 2) this.#offset += value;
      if (tag === 0x0a) this.idEnd = this.#offset;
      else if (tag === 0x20) this.type = value;
      else if (tag === 0x1a) {
        this.roomStart = start;
        this.roomEnd = this.#offset;
      }
    }
    this.end = this.#offset;
  }

  #varint(bytes: Buffer): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[this.#offset++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
}
