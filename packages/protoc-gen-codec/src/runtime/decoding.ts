import { Buffer } from "node:buffer";
import { getTextEncoding } from "@bufbuild/protobuf/wire";
import { readVarint, unusual, varintSize } from "./varint.ts";

/** The value of a field of bytes that is not set. */
export const noBytes: Uint8Array = new Uint8Array(0);

/** Up to so many characters, a loop is faster than a call of the runtime. */
const loopMaxChars = 20;

/** What stands for bytes that are not UTF-8, in a text that was decoded without complaint. */
const replacement = "\ufffd";

/** For each length up to that of the loop, an array to pass the codes of so many characters in. */
const codesOfLength = Array.from({ length: loopMaxChars + 1 }, (_, length) => Array.from({ length }, () => 0));

const scratch = new DataView(new ArrayBuffer(8));

/** The bytes as a buffer of the same memory. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A number as a bigint. */
export function toBigInt(value: number): bigint {
  if (value === 0) return 0n;
  scratch.setUint32(0, value, true);
  scratch.setUint32(4, value / 0x1_0000_0000, true);
  return scratch.getBigInt64(0, true);
}

/** The length at `offset`; `unusual` when what has that length is cut off. */
export function readLength(bytes: Buffer, offset: number, end: number): number {
  const length = readVarint(bytes, offset, end);
  return length <= end - offset - varintSize(length) ? length : unusual;
}

/** The text in UTF-8 at `offset`. */
export function readString(bytes: Buffer, offset: number, length: number): string {
  if (length <= loopMaxChars) {
    const codes = codesOfLength[length] as number[];
    let index = 0;
    for (; index < length; index++) {
      const code = bytes[offset + index] as number;
      if (code > 127) break;
      codes[index] = code;
    }
    if (index === length) return String.fromCharCode.apply(String, codes);
  }
  const text = bytes.toString("utf8", offset, offset + length);
  if (!text.includes(replacement)) return text;
  return getTextEncoding().decodeUtf8(bytes.subarray(offset, offset + length), true);
}

/** Reads one entry into a map; false, and the map as it was, when it is not a key and a value and nothing more. */
export function readMapEntry(map: { [key: string]: string }, bytes: Buffer, offset: number, end: number): boolean {
  if (bytes[offset] !== 0x0a) return false;
  const keyLength = readLength(bytes, offset + 1, end);
  if (keyLength < 0) return false;
  const keyStart = offset + 1 + varintSize(keyLength);
  const middle = keyStart + keyLength;
  if (bytes[middle] !== 0x12) return false;
  const valueLength = readLength(bytes, middle + 1, end);
  if (valueLength < 0) return false;
  const valueStart = middle + 1 + varintSize(valueLength);
  const key = readString(bytes, keyStart, keyLength);
  // Which an assignment would take for the prototype.
  if (valueStart + valueLength !== end || key === "__proto__") return false;
  map[key] = readString(bytes, valueStart, valueLength);
  return true;
}
