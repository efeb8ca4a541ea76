import type { Buffer } from "node:buffer";
import { unusual, varintSize, writeVarint } from "./varint.ts";

/** Up to so many characters, a loop is faster than a call of the runtime. */
const loopMaxChars = 12;

/** Bytes of UTF-8 that a string takes at most; NaN for what is no string. */
export function stringBound(value: string): number {
  return typeof value === "string" ? value.length * 3 : Number.NaN;
}

/** Bytes of a field of bytes; NaN for what is none. */
export function bytesBound(value: Uint8Array): number {
  return value instanceof Uint8Array ? value.length : Number.NaN;
}

/** Bytes that the entries of a map take at most, with tags of up to two bytes; NaN where a value is no string. */
export function mapBound(map: { readonly [key: string]: string }): number {
  let bound = 0;
  for (const key in map) bound += 19 + key.length * 3 + stringBound(map[key] as string);
  return bound;
}

/** A 64-bit number as a number; `unusual` where that is not exact, negative, or no bigint. */
export function smallNumber(value: bigint): number {
  if (typeof value !== "bigint") return unusual;
  const number = Number(value);
  return number >= 0 && number <= Number.MAX_SAFE_INTEGER ? number : unusual;
}

/** Writes a string with its length before it. */
export function writeString(text: string, target: Buffer, offset: number): number {
  const { length } = text;
  if (length <= loopMaxChars) {
    let index = 0;
    for (; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) break;
      target[offset + 1 + index] = code;
    }
    if (index === length) {
      target[offset] = length;
      return offset + 1 + length;
    }
  }
  // Most texts are ASCII, and then the length takes as many bytes as that in characters does.
  const start = offset + varintSize(length);
  const size = target.write(text, start);
  const moved = offset + varintSize(size);
  if (moved !== start) target.copyWithin(moved, start, start + size);
  writeVarint(size, target, offset);
  return moved + size;
}

/** Writes bytes with their length before them. */
export function writeBytes(bytes: Uint8Array, target: Buffer, offset: number): number {
  const start = writeVarint(bytes.length, target, offset);
  target.set(bytes, start);
  return start + bytes.length;
}

/** Writes the entries of a map, each behind `tag`. */
export function writeMap(map: { readonly [key: string]: string }, tag: number, target: Buffer, offset: number): number {
  if (typeof map !== "object" || map === null) return unusual;
  let at = offset;
  for (const key in map) {
    if (!Object.hasOwn(map, key)) continue;
    const value = map[key];
    if (typeof value !== "string") return unusual;
    const start = writeVarint(tag, target, at) + 1;
    target[start] = 0x0a;
    const middle = writeString(key, target, start + 1);
    target[middle] = 0x12;
    at = closeLength(target, start, writeString(value, target, middle + 1));
  }
  return at;
}

/** Writes the length of what stands from `start` to `end` before it, where one byte was left for that. */
export function closeLength(target: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length < 128) {
    target[start - 1] = length;
    return end;
  }
  const moved = start - 1 + varintSize(length);
  target.copyWithin(moved, start, end);
  writeVarint(length, target, start - 1);
  return moved + length;
}
