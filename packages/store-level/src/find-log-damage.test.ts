import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "./crc32c.ts";
import { findLogDamage } from "./find-log-damage.ts";

/** A record as LevelDB writes it: checksum of type and data, length, type. */
function record(length: number, type = 1): Buffer {
  const bytes = Buffer.alloc(7 + length, "data");
  bytes.writeUInt16LE(length, 4);
  bytes[6] = type;
  const crc = crc32c(bytes.subarray(6));
  bytes.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 0);
  return bytes;
}

/** One block full but for five bytes, in which no header fits, and a short record in the next. */
const twoBlocks = Buffer.concat([record(20), record(32_768 - 27 - 7 - 5, 2), Buffer.alloc(5), record(20, 4)]);

test("a log of whole records is fine, across blocks, and none at all", () => {
  for (const log of [Buffer.alloc(0), record(0), record(50), twoBlocks]) assert.equal(findLogDamage(log), undefined);
});

test("what ends in the middle of a record is fine at every byte", () => {
  const log = Buffer.concat([record(3), record(30)]);
  for (let length = 0; length < log.length; length++) assert.equal(findLogDamage(log.subarray(0, length)), undefined);
});

test("zeros at the end are fine, and with something after them are not", () => {
  assert.equal(findLogDamage(Buffer.concat([record(3), Buffer.alloc(40_000)])), undefined);
  const hole = Buffer.concat([record(3), Buffer.alloc(40_000), record(3)]);
  assert.equal(findLogDamage(hole), "the record at byte 10 is missing");
});

test("every wrong byte is found, and where, in the last record too", () => {
  const whole = Buffer.concat([record(3), record(20), record(8)]);
  for (const [start, end] of [
    [10, 37],
    [37, 52],
  ] as const) {
    for (let at = start; at < end; at++) {
      const log = Buffer.from(whole);
      log[at] = (log[at] ?? 0) ^ 0x5a;
      assert.match(findLogDamage(log) ?? "nothing", new RegExp(`^the record at byte ${start} `), `byte ${at}`);
    }
  }
});

test("it is said what is wrong", () => {
  const second = Buffer.from(twoBlocks);
  second[32_768 + 10] = 0;
  assert.equal(findLogDamage(second), "the record at byte 32768 has a wrong checksum");
  const longer = Buffer.from(twoBlocks);
  longer.writeUInt16LE(65_535, 27 + 4);
  assert.equal(findLogDamage(longer), "the record at byte 27 has a wrong length");
  assert.equal(findLogDamage(Buffer.from("no log at all")), "the record at byte 0 is of no known type");
});
