import { crc32 } from "node:zlib";

const sealBytes = 4;

/**
 * A copy of the value behind a CRC-32 of key and value: LevelDB does not look at the checksums of its tables when it is read
 * through `classic-level`, and would hand out what a failing disk made of them.
 */
export function sealValue(key: string, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(sealBytes + value.length);
  sealed.set(value, sealBytes);
  new DataView(sealed.buffer).setUint32(0, checksum(key, value));
  return sealed;
}

/** The value, on the same memory; `undefined` when it is not what was sealed under this key. */
export function openSealed(key: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < sealBytes) return undefined;
  const value = sealed.subarray(sealBytes);
  const seal = new DataView(sealed.buffer, sealed.byteOffset).getUint32(0);
  return seal === checksum(key, value) ? value : undefined;
}

function checksum(key: string, value: Uint8Array): number {
  return crc32(value, crc32(key));
}
