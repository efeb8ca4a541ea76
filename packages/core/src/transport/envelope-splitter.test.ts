import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { envelope } from "../test-kit/http2-peer.ts";
import { EnvelopeSplitter } from "./envelope-splitter.ts";

interface Outcome {
  envelopes: { flags: number; data: number[] }[];
  pendingBytes: number;
  code: Code | undefined;
}

function split(chunks: Uint8Array<ArrayBuffer>[], readMaxBytes: number): Outcome {
  const splitter = new EnvelopeSplitter(readMaxBytes);
  const outcome: Outcome = { envelopes: [], pendingBytes: 0, code: undefined };
  try {
    for (const chunk of chunks) {
      splitter.push(chunk, (flags, bytes, start, end) =>
        outcome.envelopes.push({ flags, data: [...bytes.subarray(start, end)] }),
      );
      outcome.pendingBytes = splitter.pendingBytes;
    }
  } catch (error) {
    assert.ok(error instanceof ConnectError);
    outcome.code = error.code;
    outcome.pendingBytes = 0;
  }
  return outcome;
}

/** Cuts bytes at places anywhere, the same place twice included, which gives an empty chunk. */
function cut(bytes: Uint8Array<ArrayBuffer>, places: number[]): Uint8Array<ArrayBuffer>[] {
  const ends = places.map((place) => place % (bytes.byteLength + 1)).sort((a, b) => a - b);
  return [...ends, bytes.byteLength].map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

const places = fc.array(fc.nat(), { maxLength: 30 });

test("messages come out as they went in, whatever the chunks", () => {
  const message = fc.record({ flags: fc.integer({ min: 0, max: 255 }), data: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), places, (messages, ends) => {
      const bytes = new Uint8Array(Buffer.concat(messages.map(({ flags, data }) => envelope(data, flags))));
      const { envelopes, pendingBytes, code } = split(cut(bytes, ends), 40);
      assert.deepEqual(
        envelopes,
        messages.map(({ flags, data }) => ({ flags, data: [...data] })),
      );
      assert.deepEqual([pendingBytes, code], [0, undefined]);
    }),
    { numRuns: 500 },
  );
});

test("any bytes at all give the same envelopes, rest and refusal in any chunking as in one piece", () => {
  const byte = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 80 }), places, (numbers, ends) => {
      const bytes = Uint8Array.from(numbers);
      assert.deepEqual(split(cut(bytes, ends), 20), split([bytes], 20));
    }),
    { numRuns: 1_000 },
  );
});

test("a length of 32 bits is read as unsigned", () => {
  assert.equal(split([Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff)], 1_000).code, Code.ResourceExhausted);
  assert.deepEqual(split([Uint8Array.of(0, 0x80, 0, 0, 0, 7)], 0xffffffff).code, undefined);
});

test("a message of exactly the limit passes, one byte more is refused by its prefix alone", () => {
  const splitter = new EnvelopeSplitter(8);
  const taken: number[] = [];
  splitter.push(new Uint8Array(envelope(new Uint8Array(8))), (_flags, _bytes, start, end) => taken.push(end - start));
  const prefix = envelope(new Uint8Array(9)).subarray(0, 5);
  assert.throws(
    () => splitter.push(new Uint8Array(prefix), () => taken.push(-1)),
    (error) => error instanceof ConnectError && error.code === Code.ResourceExhausted,
  );
  assert.deepEqual(taken, [8]);
  assert.equal(splitter.pendingBytes, 0);
});

test("what stands before a message that is too large is handed over", () => {
  const bytes = new Uint8Array(Buffer.concat([envelope(Uint8Array.of(1, 2)), envelope(new Uint8Array(9))]));
  assert.deepEqual(split([bytes], 8).envelopes, [{ flags: 0, data: [1, 2] }]);
});

test("an envelope within one chunk is a part of it, not a copy", () => {
  const chunk = new Uint8Array(envelope(Uint8Array.of(1, 2, 3)));
  new EnvelopeSplitter(100).push(chunk, (flags, bytes, start, end) => {
    assert.equal(bytes, chunk);
    assert.deepEqual([flags, start, end], [0, 5, 8]);
  });
});

test("what is incomplete is counted until it is complete", () => {
  const splitter = new EnvelopeSplitter(100);
  const bytes = new Uint8Array(envelope(new Uint8Array(10)));
  const counts: number[] = [];
  for (const byte of bytes) {
    splitter.push(Uint8Array.of(byte), () => counts.push(-1));
    counts.push(splitter.pendingBytes);
  }
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, -1, 0]);
});

test("an envelope beyond the limit is left out and told where somebody is to be told, however the bytes are cut", () => {
  const texts = ["one", "much too large", "two", "x".repeat(99)];
  const bytes = Buffer.concat(texts.map((text) => envelope(Buffer.from(text))));
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.byteLength), { maxLength: 8 }), (places) => {
      let tooLarge = 0;
      const splitter = new EnvelopeSplitter(5, () => tooLarge++);
      const found: string[] = [];
      let from = 0;
      for (const to of [...places.toSorted((a, b) => a - b), bytes.byteLength]) {
        splitter.push(Buffer.from(bytes.subarray(from, to)), (_, chunk, start, end) =>
          found.push(Buffer.from(chunk).toString("utf8", start, end)),
        );
        from = to;
      }
      assert.deepEqual([found, tooLarge, splitter.pendingBytes], [["one", "two"], 2, 0]);
    }),
  );
});

test("a length that no message has throws all the same", () => {
  const splitter = new EnvelopeSplitter(5, () => assert.fail());
  const bytes = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
  assert.throws(
    () => splitter.push(bytes, () => assert.fail()),
    (error: unknown) => {
      return error instanceof ConnectError && error.code === Code.ResourceExhausted;
    },
  );
});
