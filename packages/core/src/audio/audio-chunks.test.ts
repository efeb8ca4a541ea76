import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ImError } from "../im-error.ts";
import { audioChunks, chunkBytes } from "./audio-chunks.ts";

async function* pieces(sizes: number[], bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const size of sizes) {
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  // Kept as they are, so that a buffer used twice shows.
  for await (const chunk of audioChunks(source)) chunks.push(chunk);
  return chunks;
}

function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) % 251);
}

test("the chunks of the contract are of 32 KiB", () => {
  assert.equal(chunkBytes, 32_768);
});

test("whatever the pieces, the bytes are the same, and every chunk but the last is of 32 KiB", async () => {
  const size = fc.oneof(
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 3 * chunkBytes }),
    fc.constantFrom(chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes),
  );
  const bytes = noise(12 * 3 * chunkBytes);
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 12 }), async (sizes) => {
      const total = sizes.reduce((sum, each) => sum + each, 0);
      const chunks = await collect(pieces(sizes, bytes));
      assert.equal(Buffer.compare(Buffer.concat(chunks), bytes.subarray(0, total)), 0);
      for (const chunk of chunks.slice(0, -1)) assert.equal(chunk.byteLength, chunkBytes);
      const last = chunks.at(-1);
      assert.equal(chunks.length, Math.ceil(total / chunkBytes));
      if (last !== undefined) assert.ok(last.byteLength > 0 && last.byteLength <= chunkBytes);
    }),
    { numRuns: 200 },
  );
});

test("an empty source gives no chunk", async () => {
  assert.deepEqual(await collect(pieces([], new Uint8Array())), []);
  assert.deepEqual(await collect(pieces([0, 0], new Uint8Array())), []);
});

test("a source may use its buffer again once the next piece is asked for", async () => {
  const buffer = new Uint8Array(1_000);
  async function* reusing() {
    for (let round = 0; round < 100; round++) yield buffer.fill(round);
  }
  const bytes: number[] = [];
  for await (const chunk of audioChunks(reusing()))
    for (let at = 0; at < chunk.byteLength; at++) bytes.push(chunk[at] ?? -1);
  assert.equal(bytes.length, 100_000);
  assert.ok(bytes.every((byte, index) => byte === Math.floor(index / 1_000)));
});

test("pieces that are no bytes are refused by their type", async () => {
  const kinds: [unknown, string][] = [
    ["text", "string"],
    [null, "null"],
    [[1, 2], "object"],
    [7, "number"],
  ];
  for (const [piece, word] of kinds) {
    async function* source() {
      yield piece as Uint8Array;
    }
    await assert.rejects(collect(source()), (error) => {
      assert.ok(error instanceof ImError);
      assert.equal(error.code, "invalid_argument");
      return error.message.includes(word);
    });
  }
});

test("a loop that is left closes the source", async () => {
  let isClosed = false;
  async function* source() {
    try {
      for (;;) yield new Uint8Array(chunkBytes);
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of audioChunks(source())) break;
  assert.equal(isClosed, true);
});

test("the source is read no further than the chunk that was asked for", async () => {
  let read = 0;
  async function* source() {
    for (;;) {
      read++;
      yield new Uint8Array(chunkBytes / 4);
    }
  }
  const chunks = audioChunks(source());
  await chunks.next();
  assert.equal(read, 4);
  await chunks.next();
  assert.equal(read, 8);
  await chunks.return(undefined);
});
