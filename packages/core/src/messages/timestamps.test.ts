import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { toDate, toTimestamp } from "./timestamps.ts";

test("times are those that protobuf-es makes of them, both ways", () => {
  const ms = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
  fc.assert(
    fc.property(ms, (time) => {
      assert.deepEqual(toTimestamp(time), timestampFromMs(time));
      assert.deepEqual(toDate(toTimestamp(time)), new Date(time));
    }),
  );
});

test("what is finer than a millisecond is rounded as protobuf-es does, and what no Date can hold is none", () => {
  const timestamp = { ...toTimestamp(0), seconds: 5n, nanos: 999_999_999 };
  assert.equal(toDate(timestamp)?.getTime(), timestampDate(timestamp).getTime());
  assert.equal(toDate({ ...timestamp, seconds: 2n ** 60n }), undefined);
  assert.equal(toDate(undefined), undefined);
});
