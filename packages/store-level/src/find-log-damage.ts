import { crc32c } from "./crc32c.ts";

const blockBytes = 32_768;
const headerBytes = 7;
const lastType = 4;

/**
 * What is wrong with a log of LevelDB, and where; `undefined` when all can be read. LevelDB leaves out what it cannot read of a
 * log without a word, and a small store is all log. A record that was cut off at the end, by a process that ended in the middle of
 * a write, is no damage: nobody was told that it is kept. Nor are zeros at the end, which a power cut may leave.
 *
 * Source: LevelDB, doc/log_format.md.
 */
export function findLogDamage(log: Uint8Array): string | undefined {
  for (let start = 0; start < log.length; start += blockBytes) {
    const block = log.subarray(start, start + blockBytes);
    const isLast = start + blockBytes >= log.length;
    // What is shorter than a header at the end of a block is filling.
    for (let at = 0; block.length - at >= headerBytes; ) {
      const header = readHeader(block.subarray(at));
      const damage = (what: string) => `the record at byte ${start + at} ${what}`;
      if (header.type === 0 && header.length === 0) {
        return log.subarray(start + at).some((byte) => byte !== 0) ? damage("is missing") : undefined;
      }
      if (header.type === 0 || header.type > lastType) return damage("is of no known type");
      const rest = block.subarray(at + headerBytes - 1);
      if (header.length >= rest.length) {
        return isLast && isCutOff(rest, header.checksum) ? undefined : damage("has a wrong length");
      }
      if (mask(crc32c(rest.subarray(0, 1 + header.length))) !== header.checksum) return damage("has a wrong checksum");
      at += headerBytes + header.length;
    }
  }
  return undefined;
}

/** Checksum, length, and type: whole, first, middle or last part. */
function readHeader(record: Uint8Array) {
  const view = new DataView(record.buffer, record.byteOffset, headerBytes);
  return { checksum: view.getUint32(0, true), length: view.getUint16(4, true), type: view.getUint8(6) };
}

/** Whether a record that seems longer than what is left is not rather a shorter one, whole, with a wrong length. */
function isCutOff(typeAndData: Uint8Array, checksum: number): boolean {
  let crc = 0;
  for (let at = 0; at < typeAndData.length; at++) {
    crc = crc32c(typeAndData.subarray(at, at + 1), crc);
    if (mask(crc) === checksum) return false;
  }
  return true;
}

/** LevelDB stores checksums turned and shifted, lest a log within a log look right. */
function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
