import type { Buffer } from "node:buffer";

/**
 * What a writer answers instead of an offset, and a reader of numbers instead of a number, when it meets anything that
 * the specialised code leaves to protobuf-es.
 */
export const unusual = -1;

/** Bytes that a number from 0 to 2^53 - 1 takes. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  let size = 5;
  for (let rest = value / 0x8_0000_0000; rest >= 1; rest /= 128) size++;
  return size;
}

/** Writes a number from 0 to 2^53 - 1. */
export function writeVarint(value: number, target: Buffer, offset: number): number {
  let at = offset;
  let rest = value;
  while (rest > 0x7fff_ffff) {
    target[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    target[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** The number at `offset`; `unusual` when it is cut off, not as short as it can be, or above 2^53 - 1. */
export function readVarint(bytes: Buffer, offset: number, end: number): number {
  if (offset >= end) return unusual;
  const first = bytes[offset] as number;
  if (first < 128) return first;
  let value = first - 128;
  let scale = 128;
  const last = Math.min(end, offset + 8);
  for (let at = offset + 1; at < last; at++) {
    const byte = bytes[at] as number;
    if (byte < 128) {
      value += byte * scale;
      return byte === 0 || value > Number.MAX_SAFE_INTEGER ? unusual : value;
    }
    value += (byte - 128) * scale;
    scale *= 128;
  }
  return unusual;
}
