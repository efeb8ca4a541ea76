import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { EnvelopeBatch } from "./envelope-batch.ts";

/** Bytes as they are, after a bound that is too high by as many as there may be. */
const encoder = {
  sizeBound: (message: Uint8Array) => message.byteLength + 7,
  write(message: Uint8Array, target: Buffer, offset: number) {
    target.set(message, offset);
    return offset + message.byteLength;
  },
};

/** The same bytes, all of which are the tail but for the first. */
const endsWithAll = {
  ...encoder,
  tail: {
    of: (message: Uint8Array) => message.subarray(1),
    writeHead(message: Uint8Array, target: Buffer, offset: number) {
      target.set(message.subarray(0, 1), offset);
      return offset + Math.min(1, message.byteLength);
    },
  },
};

function envelope(flags: number, data: Uint8Array): Buffer {
  const prefix = Buffer.from([flags, 0, 0, 0, 0]);
  prefix.writeUInt32BE(data.byteLength, 1);
  return Buffer.concat([prefix, data]);
}

const size = fc.oneof(fc.nat(300), fc.nat(5_000), fc.constantFrom(0, 65_531, 65_536, 200_000));
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("message" as const, "lasting" as const, "bytes" as const), size }),
  fc.constant({ kind: "take" as const, size: 0 }),
);

test("the envelopes come out as they were put in, whatever their sizes and however often they are taken", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const batch = new EnvelopeBatch(1_000_000);
      const taken: Uint8Array[] = [];
      const wanted: Buffer[] = [];
      for (const [index, { kind, size: bytes }] of steps.entries()) {
        const data = Buffer.alloc(bytes, index + 1);
        if (kind === "take") taken.push(...batch.take());
        else if (kind === "message") batch.addMessage(data, encoder);
        else if (kind === "lasting") batch.addLastingMessage(data, endsWithAll);
        else batch.addBytes(1, data);
        if (kind !== "take") wanted.push(envelope(kind === "bytes" ? 1 : 0, data));
      }
      taken.push(...batch.take());
      assert.deepEqual([batch.isEmpty, batch.take()], [true, []]);
      // Compared at the end: nothing that was handed over is written to later.
      assert.ok(Buffer.concat(taken).equals(Buffer.concat(wanted)));
    }),
    { numRuns: 200 },
  );
});

test("a message beyond the limit, or one that cannot be encoded, leaves the others as they are", () => {
  const batch = new EnvelopeBatch(10);
  batch.addMessage(Buffer.alloc(10), encoder);
  const tooLarge = (error: unknown) =>
    error instanceof ConnectError && error.code === Code.ResourceExhausted && error.message.includes("11 bytes");
  assert.throws(() => batch.addMessage(Buffer.alloc(11), encoder), tooLarge);
  assert.throws(() => batch.addBytes(0, Buffer.alloc(11)), tooLarge);
  const broken = {
    sizeBound: () => 4,
    write(_: unknown, target: Buffer, offset: number): number {
      target.fill(255, offset, offset + 4);
      throw new TypeError("no");
    },
  };
  assert.throws(() => batch.addMessage({}, broken), TypeError);
  batch.addBytes(0, Buffer.from("b"));
  const zeros = envelope(0, Buffer.alloc(10));
  assert.ok(Buffer.concat(batch.take()).equals(Buffer.concat([zeros, envelope(0, Buffer.from("b"))])));
});

test("long bytes at the end of a message that lasts are handed on as they are, short ones and those of others are copied", () => {
  const batch = new EnvelopeBatch(1_000_000);
  const [long, short] = [Buffer.alloc(100_000, 1), Buffer.alloc(100, 2)];
  batch.addLastingMessage(long, endsWithAll);
  batch.addLastingMessage(short, endsWithAll);
  batch.addMessage(long, endsWithAll);
  const pieces = batch.take();
  const isShared = pieces.map(({ buffer }) => buffer === long.buffer);
  assert.deepEqual(isShared, [false, true, false]);
  const wanted = [long, short, long].map((message) => envelope(0, message));
  assert.ok(Buffer.concat(pieces).equals(Buffer.concat(wanted)));
  assert.throws(() => new EnvelopeBatch(99_999).addLastingMessage(long, endsWithAll), /100000 bytes/);
});

test("a message that cannot be written in parts is written as a whole", () => {
  const batch = new EnvelopeBatch(1_000_000);
  const message = Buffer.alloc(100_000, 1);
  batch.addLastingMessage(message, { ...endsWithAll, tail: { of: endsWithAll.tail.of, writeHead: () => -1 } });
  assert.ok(Buffer.concat(batch.take()).equals(envelope(0, message)));
});

test("a batch is full with 64 KiB in its buffer, or 512 KiB that stay where they are", () => {
  const [copied, shared] = [new EnvelopeBatch(1_000_000), new EnvelopeBatch(1_000_000)];
  const chunk = Buffer.alloc(32 * 1024, 1);
  const count = (batch: EnvelopeBatch, add: () => void) => {
    let added = 0;
    for (; !batch.isFull; added++) add();
    return added;
  };
  assert.equal(
    count(copied, () => copied.addMessage(chunk, endsWithAll)),
    2,
  );
  assert.equal(
    count(shared, () => shared.addLastingMessage(chunk, endsWithAll)),
    17,
  );
});
