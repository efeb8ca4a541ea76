import type { Buffer } from "node:buffer";
import { readString, toBigInt } from "./decoding.ts";

/** A longer text is not remembered: it would be kept in memory for nothing. */
const maxRememberedChars = 64;

/** Reads a field of text. Many messages have the same user or room as the one before, and then get the same string. */
export class TextRepeater {
  #last = "";

  read(bytes: Buffer, offset: number, length: number): string {
    const last = this.#last;
    if (length === last.length) {
      let index = 0;
      for (; index < length; index++) {
        const byte = bytes[offset + index] as number;
        if (byte > 127 || byte !== last.charCodeAt(index)) break;
      }
      if (index === length) return last;
    }
    const text = readString(bytes, offset, length);
    if (length <= maxRememberedChars) this.#last = text;
    return text;
  }
}

/** Makes a field of 64 bits. Many messages are of the same second as the one before, and then get the same bigint. */
export class BigIntRepeater {
  #lastValue = 0;
  #last = 0n;

  of(value: number): bigint {
    if (value === this.#lastValue) return this.#last;
    this.#lastValue = value;
    this.#last = toBigInt(value);
    return this.#last;
  }
}
