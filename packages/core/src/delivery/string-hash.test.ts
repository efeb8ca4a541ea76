import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hashOf } from "./string-hash.ts";

test("a hash is never 0, which stands for nothing, and differs with the order and the last of the characters", () => {
  fc.assert(fc.property(fc.string(), (id) => hashOf(id) !== 0));
  assert.notEqual(hashOf(""), 0);
  assert.notEqual(hashOf("ab"), hashOf("ba"));
  assert.notEqual(hashOf("abc"), hashOf("abd"));
});

test("ids that are counted, as most are, have hashes of their own", () => {
  const hashes = new Set(Array.from({ length: 10_000 }, (_, number) => hashOf(`user123_${1_700_000_000 + number}`)));
  assert.ok(hashes.size > 9_900, `${hashes.size}`);
});

test("no two bits of a string cancel each other out in every process, so that nobody can make strings that collide", () => {
  const units = Array.from("im-sdk", (character) => character.charCodeAt(0));
  const bits = units.length * 16;
  const flip = (text: readonly number[], bit: number) =>
    text.map((unit, index) => (index === bit >> 4 ? unit ^ (1 << (bit & 15)) : unit));
  // Another beginning is as good as another process: what follows meets another state.
  const beginnings = Array.from({ length: 8 }, (_, number) => `${number}-`);
  const hashAfter = (beginning: string, text: readonly number[]) => hashOf(beginning + String.fromCharCode(...text));
  for (let first = 0; first < bits; first++) {
    for (let second = first + 1; second < bits; second++) {
      const flipped = flip(flip(units, first), second);
      const isCanceled = beginnings.every((each) => hashAfter(each, units) === hashAfter(each, flipped));
      assert.ok(!isCanceled, `bits ${first} and ${second}`);
    }
  }
});
