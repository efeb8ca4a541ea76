import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { envelope } from "./envelope.ts";
import { EnvelopeCounter } from "./envelope-counter.ts";
import { EnvelopeSplitter } from "./envelope-splitter.ts";
import { FrameWriter } from "./frame-writer.ts";

const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 30 });
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 });

/** Cuts bytes into chunks of the lengths given, over and over. */
function chunksOf(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const length = lengths[chunks.length % lengths.length] ?? 1;
    chunks.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return chunks;
}

test("however a stream is cut, its messages come out as they went in, and are counted", () => {
  fc.assert(
    fc.property(messages, cuts, (list, lengths) => {
      const splitter = new EnvelopeSplitter();
      const counter = new EnvelopeCounter();
      const out: Buffer[] = [];
      let counted = 0;
      const bytes = Buffer.concat(list.map(envelope));
      for (const chunk of chunksOf(bytes, lengths)) {
        splitter.push(chunk, (message) => out.push(Buffer.from(message)));
        counted += counter.push(chunk);
        assert.equal(counted, out.length);
      }
      assert.deepEqual(
        out,
        list.map((each) => Buffer.from(each)),
      );
      assert.deepEqual([counter.count, counter.bytes], [list.length, bytes.length]);
    }),
  );
});

test("a writer gives what was added since the last time, of any size, and never writes into what it gave", () => {
  const large = fc.integer({ min: 60_000, max: 140_000 }).map((length) => new Uint8Array(length).fill(length));
  const added = fc.array(fc.oneof({ weight: 5, arbitrary: fc.uint8Array({ maxLength: 300 }) }, large), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.array(added, { maxLength: 4 }), (batches) => {
      const writer = new FrameWriter();
      const taken = batches.map((batch) => {
        for (const message of batch) {
          // The bound may be more than the message takes.
          writer.add(message.byteLength + 20, (target, offset) => {
            target.set(message, offset);
            return offset + message.byteLength;
          });
        }
        return writer.take();
      });
      assert.equal(writer.length, 0);
      for (const [index, batch] of batches.entries()) {
        assert.equal(Buffer.compare(taken[index] ?? Buffer.of(), Buffer.concat(batch.map(envelope))), 0);
      }
    }),
    { numRuns: 50 },
  );
});
