import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import {
  AckContentSchema,
  AudioMetadataSchema,
  ackContentCodec,
  findCodec,
  JoinRoomRequestSchema,
  type MessageCodec,
  MessageRequestSchema,
  MessageResponseSchema,
  MessageType,
  messageRequestCodec,
  messageResponseCodec,
  UploadAudioRequestSchema,
  uploadAudioRequestCodec,
} from "./index.ts";
import { recordsOf, spoiled } from "./test-kit/arbitrary-bytes.ts";
import { arbitraryMessages, lengths, numbers, units } from "./test-kit/arbitrary-messages.ts";
import { assertReadsAlike, assertWritesAlike, encode } from "./test-kit/assert-alike.ts";

const [usual, any] = [arbitraryMessages("usual"), arbitraryMessages("any")];

const fullAudio = { userId: "u", roomId: "r", format: "f", size: 5n, duration: 1.5 };
const fullRequest = {
  ...{ messageId: "m", userId: "u", roomId: "r", type: MessageType.TEXT, content: Uint8Array.of(1), ackRequired: true },
  ...{ metadata: { a: "b", c: "d" }, timestamp: { seconds: 7n, nanos: 5 } },
};
const fullResponse = { ...fullRequest, fromUserId: "u", sequence: 5n, epoch: "e", previousSequence: 4n };
const fullAck = {
  ...{ originalMessageId: "m", success: true, errorMessage: "e", sequence: 5n, epoch: "e", code: 3 },
  retryAfter: { seconds: 1n, nanos: 5 },
};
const fullUpload = { data: { case: "metadata" as const, value: create(AudioMetadataSchema, fullAudio) } };

testCodec(messageRequestCodec, usual.requests, any.requests, create(MessageRequestSchema, fullRequest));
testCodec(messageResponseCodec, usual.responses, any.responses, create(MessageResponseSchema, fullResponse));
testCodec(ackContentCodec, usual.acks, any.acks, create(AckContentSchema, fullAck));
testCodec(uploadAudioRequestCodec, usual.uploads, any.uploads, create(UploadAudioRequestSchema, fullUpload));

/** What every codec keeps to; `full` has a value in every field. */
function testCodec<T extends Message>(
  codec: MessageCodec<T>,
  usualMessages: fc.Arbitrary<T>,
  anyMessages: fc.Arbitrary<T>,
  full: T,
): void {
  const { name } = codec.schema;
  const either = fc.oneof(usualMessages, anyMessages);

  test(`any ${name} is written as protobuf-es writes it, within its bound, and read as protobuf-es reads it`, () => {
    fc.assert(
      fc.property(either, (message) => {
        const bytes = encode(codec, message);
        assert.ok(Buffer.from(toBinary(codec.schema, message)).equals(bytes));
        assertReadsAlike(codec, bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  test(`a ${name} with nothing unusual is not left to protobuf-es, which looks its code up by the type`, (t) => {
    const { mock } = t.mock.method(WeakMap.prototype, "get");
    fc.assert(
      fc.property(usualMessages, (message) => {
        const bytes = toBinary(codec.schema, message);
        mock.resetCalls();
        codec.write(message, Buffer.alloc(codec.sizeBound(message)), 0);
        codec.read(bytes);
        assert.equal(mock.callCount(), 0);
      }),
      { numRuns: 300 },
    );
    fromBinary(codec.schema, new Uint8Array());
    assert.ok(mock.callCount() > 0);
  });

  test(`bytes that once were a ${name} are read as protobuf-es reads them, or refused alike`, () => {
    const bytes = spoiled(either.map((message) => toBinary(codec.schema, message)));
    fc.assert(
      fc.property(bytes, (given) => assertReadsAlike(codec, given)),
      { numRuns: 3_000 },
    );
  });

  test(`any bytes at all are read as a ${name} as protobuf-es reads them, or refused alike`, () => {
    const bytes = fc.oneof({ weight: 9, arbitrary: recordsOf(codec.schema) }, fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(bytes, (given) => assertReadsAlike(codec, given)),
      { numRuns: 5_000 },
    );
  });

  test(`a ${name} with values that its type forbids is written as protobuf-es writes it, or refused alike`, () => {
    for (const holder of objectsIn(full)) {
      for (const key of Object.keys(holder)) {
        const right = Object.getOwnPropertyDescriptor(holder, key) ?? {};
        for (const value of strangeValues) {
          Object.defineProperty(holder, key, { ...right, value });
          assertWritesAlike(codec, full);
        }
        Reflect.deleteProperty(holder, key);
        assertWritesAlike(codec, full);
        Object.defineProperty(holder, key, right);
      }
    }
    assertWritesAlike(codec, Object.create(full));
    assertWritesAlike(codec, Object.assign(Object.create(full), { $typeName: full.$typeName }));
  });

  test(`every ${name} that is read has the same shape`, () => {
    const bytes = toBinary(codec.schema, full);
    assert.ok(haveSameMap(codec.read(bytes), codec.read(Buffer.from(bytes))));
    assert.ok(haveSameMap(codec.read(new Uint8Array()), codec.read(Buffer.alloc(0))));
  });
}

test("texts, bytes and entries of all lengths that matter are written and read as protobuf-es does", () => {
  for (const length of [...lengths, ...Array.from({ length: 20 }, (_, index) => index + 115)]) {
    for (const unit of units) {
      const text = unit.repeat(length / unit.length);
      const entries = Array.from({ length: 30 }, (_, index): [string, string] => [`${text}${index}`, text]);
      const metadata = length < 10_000 ? Object.fromEntries(entries) : { [text]: text };
      for (const init of [
        { messageId: text, content: Buffer.alloc(length) },
        { metadata },
        { metadata: { [text]: "" } },
      ]) {
        const message = create(MessageRequestSchema, init);
        assertWritesAlike(messageRequestCodec, message);
        assertReadsAlike(messageRequestCodec, toBinary(MessageRequestSchema, message));
      }
      const value = create(AudioMetadataSchema, { format: text });
      assertWritesAlike(
        uploadAudioRequestCodec,
        create(UploadAudioRequestSchema, { data: { case: "metadata", value } }),
      );
    }
  }
});

test("numbers of all lengths are written and read as protobuf-es does", () => {
  for (const number of [0n, 2n, ...numbers, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    const [int32, int64] = [Number(BigInt.asIntN(32, number)), BigInt.asIntN(64, number)];
    const timestamp = { seconds: int64, nanos: int32 };
    const message = create(MessageResponseSchema, { sequence: number, previousSequence: number, timestamp });
    assertWritesAlike(messageResponseCodec, message);
    assertReadsAlike(messageResponseCodec, toBinary(MessageResponseSchema, message));
  }
});

test("what protobuf-es reads in its own way is read in the same way", () => {
  for (const hex of traps) assertReadsAlike(messageRequestCodec, Buffer.from(hex.replaceAll(" ", ""), "hex"));
  for (const hex of audioTraps) assertReadsAlike(uploadAudioRequestCodec, Buffer.from(hex.replaceAll(" ", ""), "hex"));
});

test("the codec of a type is found by its schema, and no other has one", () => {
  assert.equal(findCodec(MessageRequestSchema), messageRequestCodec);
  assert.equal(findCodec(MessageResponseSchema), messageResponseCodec);
  assert.equal(findCodec(AckContentSchema), ackContentCodec);
  assert.equal(findCodec(UploadAudioRequestSchema), uploadAudioRequestCodec);
  assert.equal(findCodec(JoinRoomRequestSchema), undefined);
  assert.equal(findCodec(TimestampSchema), undefined);
});

test("bytes of a message are a view of what it was read from", () => {
  const bytes = toBinary(MessageRequestSchema, create(MessageRequestSchema, { content: Uint8Array.of(1, 2, 3) }));
  const { content } = messageRequestCodec.read(bytes);
  assert.equal(content.buffer, bytes.buffer);
  assert.equal(Object.getPrototypeOf(content), Uint8Array.prototype);
});

const strangeValues: readonly unknown[] = [
  undefined,
  null,
  ...[0, -0, 1, -1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY],
  ...[0n, 1n, -1n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n],
  ...["", "0", "5", "-5", "text", String.fromCharCode(0xd800)],
  ...[true, false, Symbol("s"), () => 1],
  ...[[], ["a", "bcdefghijklmnopq"], {}, { length: 5 }, { length: -900 }, { a: 1 }, { a: undefined }, { a: "b" }],
  ...[new Uint8Array(0), Uint8Array.of(1, 2), new Uint16Array(3), Buffer.from("buffer"), new Date(0)],
  ...[{ case: "metadata" }, { case: "chunk", value: [1, 2] }, { case: "chunk", value: new Uint8Array() }],
  ...[{ case: "other", value: 1 }, { case: undefined }, { $typeName: "im.v1.AckContent" }],
  [{ no: 900, wireType: 2, data: Uint8Array.from([0xac, 2, ...new Uint8Array(300)]) }],
];

/** Bytes that are read to their end also by a reader that takes them in another way. Seventeen letters: a field, or a rest. */
const letters = "61".repeat(17);
const traps = [
  `12 81 00 2a 12 11 ${letters}`, // a length of more bytes than it needs
  `20 81 00 12 11 ${letters}`, // a number of more bytes than it needs
  `3a 01 08 2a 12 11 ${letters}`, // a submessage that ends before its field
  `3a 02 08 85 2a 12 11 ${letters}`, // a submessage that ends within a number
  `20 ${"80".repeat(200)} 01`, // a number without end
  "20 ffffffffffffffffff 01", // minus one
  "20 ffffffff 7f", // more than 32 bits
  "32 00", // an entry of nothing
  "32 03 0a 12 00 12 01 62", // an entry whose key is longer than it
  `32 04 0a 01 61 12 12 11 ${letters}`, // an entry whose value is behind it, with its length
  "32 04 0a 01 61 12", // the same, and nothing there
  "32 06 12 01 61 12 01 62", // two values
  "32 06 0a 01 61 0a 01 62", // two keys
  "32 06 12 01 62 0a 01 61", // the value first
  "32 09 0a 01 61 12 01 62 0a 01 63", // a key more
  "32 0e 0a 09 5f5f70726f746f5f5f 12 01 62", // __proto__
  "32 03 0a 01 61", // a key alone
  "32 03 0a 01 61 12 01 62", // a key, and a user behind the entry
  "0a 01 80", // no UTF-8
  "0a 03 ed a0 80", // half of a pair
  "0a 03 ef bf bd", // the mark for what is no UTF-8, itself
  "0a 06 ef bb bf ef bb bf", // marks of byte order
  `0a 19 ff ${"61".repeat(24)}`, // no UTF-8, and long
  "3a 02 08 05 3a 02 10 06", // a submessage in two parts
  "0a 01 61 0a 01 62", // a text that comes twice
  "2a 00", // bytes, and none
  "08 05 61 61 61 61 61", // a text in the form of a number
  "a0 06 80 01", // true in two bytes
  "a0 86 00 01", // a tag of more bytes than it needs
];
const audioTraps = [
  "0a 02 29 01 12 07 00 00 00 00 00 00 00", // a double that ends behind its message
  "0a 05 29 00 00 00 00", // a double that is cut off
  "0a 00", // metadata, and none
  "12 00", // a chunk, and none
  "0a 02 20 05 0a 03 1a 01 66", // metadata in two parts
  "12 01 01 0a 02 20 05", // a chunk, then metadata
  "0a 02 20 05 12 01 01 0a 03 1a 01 66", // metadata, a chunk, metadata again
  "0a 09 29 00 00 00 00 00 00 f8 ff", // not a number
];

/** The object and every other in it but bytes. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

/** Whether V8 keeps the two in the same way, so that code for the one is code for the other. */
function haveSameMap(one: object, other: object): boolean {
  setFlagsFromString("--allow-natives-syntax");
  try {
    return new Function("one", "other", "return %HaveSameMap(one, other)")(one, other) as boolean;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}

test("a message that ends with bytes is written in two parts that make the whole, where it can be", () => {
  const { tail, sizeBound } = uploadAudioRequestCodec;
  assert.ok(tail !== undefined);
  fc.assert(
    fc.property(usual.uploads, (message) => {
      const bytes = tail.of(message);
      assert.equal(bytes !== undefined, message.data.case === "chunk");
      if (bytes === undefined) return;
      const target = Buffer.alloc(sizeBound(message) - bytes.length);
      const head = target.subarray(0, tail.writeHead(message, target, 0));
      const whole = toBinary(UploadAudioRequestSchema, message);
      assert.deepStrictEqual(new Uint8Array(Buffer.concat([head, bytes])), whole);
    }),
  );
  const unknown = create(UploadAudioRequestSchema, { data: { case: "chunk", value: Uint8Array.of(1, 2) } });
  unknown.$unknown = [{ no: 9, wireType: 0, data: Uint8Array.of(1) }];
  assert.equal(tail.writeHead(unknown, Buffer.alloc(20), 0), -1, "unknown fields come last");
  assert.equal(messageRequestCodec.tail, undefined);
});

test("a message within other bytes is read as by itself", () => {
  const few = fc.uint8Array({ maxLength: 9 });
  fc.assert(
    fc.property(any.responses, few, few, (message, left, right) => {
      const bytes = Buffer.from(encode(messageResponseCodec, message));
      const within = Buffer.concat([left, bytes, right]);
      const read = messageResponseCodec.read(within, left.length, left.length + bytes.length);
      assert.deepStrictEqual(read, messageResponseCodec.read(bytes));
    }),
  );
});

test("a text is not taken for the one before because its bytes are the characters of that", () => {
  const latin = toBinary(MessageRequestSchema, create(MessageRequestSchema, { userId: "\u00c3\u00a9" }));
  assert.equal(messageRequestCodec.read(Buffer.from(latin)).userId, "\u00c3\u00a9");
  const shorter = toBinary(MessageRequestSchema, create(MessageRequestSchema, { userId: "\u00e9" }));
  assert.equal(messageRequestCodec.read(Buffer.from(shorter)).userId, "\u00e9");
});
