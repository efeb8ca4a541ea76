import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
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
import { acks, requests, responses, uploads } from "./test-kit/arbitrary-messages.ts";

/** What a codec or protobuf-es makes of something. */
type Outcome = { readonly value: unknown } | { readonly error: Error };

const guard = 0xa5;
const marginBytes = 24;

function outcomeOf(run: () => unknown): Outcome {
  try {
    return { value: run() };
  } catch (error) {
    assert.ok(error instanceof Error);
    return { error };
  }
}

/** What the codec writes, when it keeps to its bounds. */
function encode<T extends Message>(codec: MessageCodec<T>, message: T): Uint8Array {
  const bound = codec.sizeBound(message);
  const target = Buffer.alloc(marginBytes + bound + marginBytes, guard);
  const end = codec.write(message, target, marginBytes);
  assert.ok(end <= marginBytes + bound, `${end - marginBytes} bytes are more than the bound, ${bound}`);
  const around = [...target.subarray(0, marginBytes), ...target.subarray(marginBytes + bound)];
  assert.deepEqual(new Set(around), new Set([guard]));
  const exact = Buffer.alloc(bound, guard);
  assert.equal(codec.write(message, exact, 0), end - marginBytes);
  assert.ok(target.subarray(marginBytes, end).equals(exact.subarray(0, end - marginBytes)));
  return new Uint8Array(target.subarray(marginBytes, end));
}

function assertReadsAlike<T extends Message>(codec: MessageCodec<T>, bytes: Uint8Array): void {
  for (const given of [bytes, Buffer.from(bytes)]) {
    const expected = outcomeOf(() => fromBinary(codec.schema, given));
    const actual = outcomeOf(() => codec.read(given));
    if ("error" in expected) {
      assert.ok("error" in actual, `read what protobuf-es refuses: ${expected.error.message}`);
      assert.deepEqual([actual.error.name, actual.error.message], [expected.error.name, expected.error.message]);
    } else {
      assert.deepStrictEqual(actual, expected);
    }
  }
}

function assertWritesAlike<T extends Message>(codec: MessageCodec<T>, message: T): void {
  const expected = outcomeOf(() => toBinary(codec.schema, message));
  const actual = outcomeOf(() => encode(codec, message));
  if ("error" in expected) assert.ok("error" in actual, `wrote what protobuf-es refuses: ${expected.error.message}`);
  else assert.deepStrictEqual(actual, expected);
}

testCodec(
  messageRequestCodec,
  requests,
  create(MessageRequestSchema, {
    ...{ messageId: "m", userId: "u", roomId: "r", type: 1, content: Uint8Array.of(1), ackRequired: true },
    ...{ metadata: { a: "b", c: "d" }, timestamp: { seconds: 7n, nanos: 5 } },
  }),
);
testCodec(
  messageResponseCodec,
  responses,
  create(MessageResponseSchema, {
    ...{ messageId: "m", fromUserId: "u", roomId: "r", type: 1, content: Uint8Array.of(1), ackRequired: true },
    ...{ metadata: { a: "b" }, timestamp: { seconds: 7n, nanos: 5 } },
    ...{ sequence: 5n, epoch: "e", previousSequence: 4n },
  }),
);
testCodec(
  ackContentCodec,
  acks,
  create(AckContentSchema, {
    ...{ originalMessageId: "m", success: true, errorMessage: "e", sequence: 5n, epoch: "e", code: 3 },
    retryAfter: { seconds: 1n, nanos: 5 },
  }),
);
testCodec(
  uploadAudioRequestCodec,
  uploads,
  create(UploadAudioRequestSchema, {
    data: {
      case: "metadata",
      value: create(AudioMetadataSchema, { userId: "u", roomId: "r", format: "f", size: 5n, duration: 1.5 }),
    },
  }),
);

/** What every codec keeps to; `full` has a value in every field. */
function testCodec<T extends Message>(codec: MessageCodec<T>, messages: fc.Arbitrary<T>, full: T): void {
  const { name } = codec.schema;

  test(`any ${name} is written as protobuf-es writes it, within its bound, and read as protobuf-es reads it`, () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = encode(codec, message);
        assert.ok(Buffer.from(toBinary(codec.schema, message)).equals(bytes));
        assertReadsAlike(codec, bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  test(`bytes that once were a ${name} are read as protobuf-es reads them, or refused alike`, () => {
    const small = messages.map((message) => toBinary(codec.schema, message)).filter(({ length }) => length < 400);
    const change = fc.record({ at: fc.nat(400), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) });
    const changed = fc.tuple(small, fc.array(change, { minLength: 1, maxLength: 3 })).map(([bytes, changes]) =>
      changes.reduce((rest, { at, remove, insert }) => {
        const place = at % (rest.length + 1);
        return Buffer.concat([rest.subarray(0, place), insert, rest.subarray(place + remove)]);
      }, Buffer.from(bytes)),
    );
    const cut = fc.tuple(small, fc.nat(400)).map(([bytes, end]) => bytes.subarray(0, end % (bytes.length + 1)));
    const joined = fc.tuple(small, small).map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(fc.oneof(changed, cut, joined), (bytes) => assertReadsAlike(codec, new Uint8Array(bytes))),
      { numRuns: 3_000 },
    );
  });

  test(`any bytes at all are read as a ${name} as protobuf-es reads them, or refused alike`, () => {
    const records = fc.array(recordOf(codec.schema), { maxLength: 6 }).map((parts) => Uint8Array.from(parts.flat()));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), records), (bytes) => assertReadsAlike(codec, bytes)),
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

test("the codec of a type is found by its schema, and no other has one", () => {
  assert.equal(findCodec(MessageRequestSchema), messageRequestCodec);
  assert.equal(findCodec(MessageResponseSchema), messageResponseCodec);
  assert.equal(findCodec(AckContentSchema), ackContentCodec);
  assert.equal(findCodec(UploadAudioRequestSchema), uploadAudioRequestCodec);
  assert.equal(findCodec(JoinRoomRequestSchema), undefined);
  assert.equal(findCodec(TimestampSchema), undefined);
});

test("what has no unusual value is not left to protobuf-es, which looks its own code up by the schema", (t) => {
  const message = create(MessageResponseSchema, {
    ...{
      messageId: "0199d1f0-2f5c-7a43-9d0c-6f4f3f0a1b2c",
      roomId: "\u6c49\u5b57",
      type: MessageType.TEXT,
      epoch: "e",
    },
    ...{ metadata: { key: "value" }, content: Buffer.from("text"), timestamp: { seconds: 1n, nanos: 999_999_999 } },
  });
  const bytes = toBinary(MessageResponseSchema, message);
  const { mock } = t.mock.method(WeakMap.prototype, "get");
  const target = Buffer.alloc(messageResponseCodec.sizeBound(message));
  messageResponseCodec.write(message, target, 0);
  messageResponseCodec.read(bytes);
  assert.equal(mock.callCount(), 0);
  fromBinary(MessageResponseSchema, bytes);
  assert.ok(mock.callCount() > 0);
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
  ...[
    { case: "metadata", value: undefined },
    { case: "chunk", value: [1, 2] },
    { case: "chunk", value: new Uint8Array() },
  ],
  ...[{ case: "other", value: 1 }, { case: undefined }, { $typeName: "im.v1.AckContent" }],
  [{ no: 900, wireType: 0, data: Uint8Array.of(1) }],
];

/** A field of the type or not, with whatever behind it. */
function recordOf(schema: DescMessage): fc.Arbitrary<number[]> {
  const number = fc.oneof(fc.constantFrom(...schema.fields.map((field) => field.number)), fc.nat(2_100));
  const tag = fc
    .tuple(number, fc.oneof(fc.constantFrom(0, 2), fc.nat(7)))
    .map(([no, wireType]) => (no << 3) | wireType);
  const varint = fc.oneof(
    fc.nat(0xffff_ffff).map((value) => varintOf(value)),
    fc
      .tuple(fc.array(fc.integer({ min: 128, max: 255 }), { maxLength: 11 }), fc.nat(127))
      .map(([more, last]) => [...more, last]),
  );
  const entry = fc.constantFrom(
    [10, 1, 97, 18, 1, 98],
    [18, 1, 98, 10, 1, 97],
    [10, 1, 97],
    [18, 1, 98],
    [10, 1, 97, 18, 1, 98, 24, 1],
    [10, 9, ...Buffer.from("__proto__"), 18, 1, 98],
    [8, 5, 16, 6],
    [16, 6, 8, 5],
    [10, 0, 18, 0],
    [8, 5, 8, 6],
    [8],
  );
  const content = fc.oneof(fc.array(fc.nat(255), { maxLength: 24 }), entry);
  const delimited = content.map((data) => [data.length, ...data]);
  return fc.tuple(tag, fc.oneof(varint, delimited)).map(([first, rest]) => [...varintOf(first), ...rest]);
}

function varintOf(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varintOf(Math.floor(value / 128))];
}

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
