import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import fc from "fast-check";
import { cutBytes, cuts } from "../test-kit/cut-bytes.ts";
import { envelope } from "../test-kit/raw-stream.ts";
import { refusedWith } from "../test-kit/test-server.ts";
import { EnvelopeSplitter } from "./envelope-splitter.ts";

const messages = fc.array(fc.uint8Array({ maxLength: 40 }).chain(repeated), { maxLength: 20 });

/** Short ones mostly, and some of many thousand bytes. */
function repeated(bytes: Uint8Array): fc.Arbitrary<Buffer> {
  return fc.constantFrom(1, 1, 1, 500).map((times) => Buffer.concat(Array.from({ length: times }, () => bytes)));
}

function takeAll(splitter: EnvelopeSplitter): Buffer[] {
  const taken: Buffer[] = [];
  for (let next = splitter.next(); next !== undefined; next = splitter.next()) taken.push(Buffer.from(next.data));
  return taken;
}

test("wherever the bytes are cut, and whether all are taken at once, the same messages come out", () => {
  fc.assert(
    fc.property(messages, cuts, fc.boolean(), (all, fractions, eager) => {
      const splitter = new EnvelopeSplitter(100_000);
      const taken: Buffer[] = [];
      for (const chunk of cutBytes(Buffer.concat(all.map(envelope)), fractions)) {
        splitter.push(chunk);
        if (eager) taken.push(...takeAll(splitter));
      }
      taken.push(...takeAll(splitter));
      assert.deepEqual(taken, all);
      assert.equal(splitter.isIncomplete, false);
    }),
  );
});

test("input that ends within an envelope is incomplete, wherever that is", () => {
  const bytes = Buffer.concat([envelope(Buffer.from("whole")), envelope(Buffer.from("cut"))]);
  for (let length = 1; length < bytes.byteLength; length += 1) {
    const splitter = new EnvelopeSplitter(100);
    splitter.push(bytes.subarray(0, length));
    takeAll(splitter);
    assert.equal(splitter.isIncomplete, length !== 10, `after ${length} bytes`);
  }
});

test("a message over the limit is refused by its prefix, after those before it", () => {
  const splitter = new EnvelopeSplitter(3);
  splitter.push(Buffer.concat([envelope(Buffer.from("one")), envelope(Buffer.from("four")).subarray(0, 5)]));
  assert.equal(splitter.next()?.data.byteLength, 3);
  assert.throws(() => splitter.next(), refusedWith(Code.ResourceExhausted, "message size 4"));
});

test("a long message in single bytes is put together in one piece of memory", () => {
  const message = Buffer.alloc(100_000, "x");
  const splitter = new EnvelopeSplitter(message.byteLength);
  for (const byte of envelope(message)) {
    assert.equal(splitter.next(), undefined);
    splitter.push(Buffer.of(byte));
  }
  assert.deepEqual(splitter.next()?.data, message);
});
