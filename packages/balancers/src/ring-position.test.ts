import assert from "node:assert/strict";
import { test } from "node:test";
import { xxh64 } from "@node-rs/xxhash";
import { ringPosition } from "./ring-position.ts";

const vectors: [string, bigint][] = [
  ["", 0xef46db3751d8e999n],
  ["a", 0xd24ec4f1a98c6e5bn],
  ["abc", 0x44bc2cf5ad770999n],
];
for (const [text, hash] of vectors) {
  test(`"${text}" is at the upper 53 bits of ${hash.toString(16)}`, () => {
    assert.equal(BigInt(ringPosition(text)), hash >> 11n);
  });
}

test("text beyond ASCII is hashed as UTF-8", () => {
  assert.equal(ringPosition("张三"), Number(xxh64(new TextEncoder().encode("张三")) >> 11n));
});
