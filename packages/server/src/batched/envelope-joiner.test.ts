import assert from "node:assert/strict";
import { test } from "node:test";
import { EnvelopeJoiner } from "./envelope-joiner.ts";

const [a, b, c] = ["a", "bb", "ccc"].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

test("the same envelopes are joined once, others anew", () => {
  const joiner = new EnvelopeJoiner();
  const first = joiner.join([a, b], 3);
  assert.equal(String(first), "abb");
  assert.equal(joiner.join([a, b], 3), first);
  assert.equal(String(joiner.join([a, c], 4)), "accc");
  assert.equal(String(joiner.join([a, b, c], 6)), "abbccc");
  assert.equal(String(joiner.join([b, a], 3)), "bba");
});

test("a single envelope is not copied", () => {
  assert.equal(new EnvelopeJoiner().join([a], 1), a);
});

test("what was forgotten is joined anew", () => {
  const joiner = new EnvelopeJoiner();
  const first = joiner.join([a, b], 3);
  joiner.forget();
  assert.notEqual(joiner.join([a, b], 3), first);
});
