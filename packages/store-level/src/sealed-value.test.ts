import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openSealed, sealValue } from "./sealed-value.ts";

test("a value comes out as it went in, wherever in a buffer it lies, and is a copy", () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array(), (key, value) => {
      const shifted = Buffer.concat([Buffer.from("before"), value]).subarray(6);
      const sealed = sealValue(key, shifted);
      shifted.fill(0);
      const moved = Buffer.concat([Buffer.from("before"), sealed]).subarray(6);
      assert.deepEqual([...(openSealed(key, moved) ?? [-1])], [...value]);
    }),
  );
});

test("one flipped bit, a missing byte or another key is noticed", () => {
  const sealed = sealValue("键", Buffer.from("value"));
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = Uint8Array.from(sealed);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(openSealed("键", flipped), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < sealed.length; length++) {
    assert.equal(openSealed("键", sealed.subarray(0, length)), undefined, `${length} bytes`);
  }
  assert.equal(openSealed("other", sealed), undefined);
});
