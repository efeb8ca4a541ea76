import { create, type Message, type UnknownField } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import {
  AckContentSchema,
  AudioMetadataSchema,
  MessageRequestSchema,
  MessageResponseSchema,
  type MessageType,
  UploadAudioRequestSchema,
} from "../index.ts";

/** Lengths on both sides of where another way of writing or another byte of length begins. */
const lengths = [0, 1, 2, 12, 13, 20, 21, 41, 42, 43, 63, 64, 127, 128, 129, 5461, 5462, 16_383, 16_384, 70_000];

/** Strings of any characters, halves of pairs and marks of byte order among them, of lengths that matter. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  {
    weight: 2,
    arbitrary: fc
      .array(
        fc.constantFrom(
          0,
          0x41,
          0x7f,
          0x80,
          0xff,
          0x7ff,
          0x800,
          0x6c49,
          0xd800,
          0xdbff,
          0xdc00,
          0xfeff,
          0xfffd,
          0xffff,
        ),
      )
      .map((codes) => String.fromCharCode(...codes)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("a", "\u00e9", "\u6c49", "\ud83d\ude00", "\ud800"), fc.constantFrom(...lengths))
      .map(([unit, length]) => unit.repeat(length / unit.length)),
  },
);

const bytes = fc
  .tuple(fc.oneof(fc.nat(40), fc.constantFrom(...lengths)), fc.nat(255), fc.boolean())
  .map(([length, filling, asBuffer]) =>
    asBuffer ? Buffer.alloc(length, filling) : new Uint8Array(length).fill(filling),
  );

/** Entries in an object as protobuf-es makes it, where `__proto__` is a key like any other. */
const map = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom("__proto__", "constructor", "7", "-1", ""), text), text), { maxLength: 4 })
  .map((entries) => {
    const record: Record<string, string> = {};
    for (const [key, value] of entries) {
      Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
    }
    return record;
  });

const int32 = fc.oneof(fc.constantFrom(0, -0, 1, 127, 128, 999_999_999, 0x7fff_ffff, -1, -0x8000_0000), fc.integer());
const type = int32.map((value) => value as MessageType);
const int64 = fc.oneof(
  fc.constantFrom(0n, 127n, 128n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 53n - 1n, 2n ** 53n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 2n ** 56n }),
);
const uint64 = fc.oneof(
  int64.map((value) => BigInt.asUintN(64, value)),
  fc.constant(2n ** 64n - 1n),
);

/** Fields that the contract does not know, in every encoding. */
const unknown: fc.Arbitrary<UnknownField[]> = fc.array(
  fc.tuple(fc.integer({ min: 200, max: 5_000 }), fc.constantFrom(0, 1, 2, 3, 5)).map(([no, wireType]) => {
    const data = { 0: [0x96, 1], 1: [1, 2, 3, 4, 5, 6, 7, 8], 2: [2, 65, 66], 3: endGroup(no), 5: [1, 2, 3, 4] };
    return { no, wireType, data: Uint8Array.from(data[wireType as keyof typeof data]) };
  }),
  { minLength: 1, maxLength: 3 },
);

const timestamp = withUnknown(
  fc.record({ seconds: int64, nanos: int32 }, { requiredKeys: [] }).map((init) => create(TimestampSchema, init)),
);
const duration = withUnknown(
  fc.record({ seconds: int64, nanos: int32 }, { requiredKeys: [] }).map((init) => create(DurationSchema, init)),
);
const metadata = withUnknown(
  fc
    .record({ userId: text, roomId: text, format: text, size: int64, duration: fc.double() }, { requiredKeys: [] })
    .map((init) => create(AudioMetadataSchema, init)),
);

/** Messages of the type MessageRequest. */
export const requests = withUnknown(
  fc
    .record(
      {
        messageId: text,
        userId: text,
        roomId: text,
        type,
        content: bytes,
        metadata: map,
        timestamp,
        ackRequired: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    .map((init) => create(MessageRequestSchema, init)),
);
/** Messages of the type MessageResponse. */
export const responses = withUnknown(
  fc
    .record(
      {
        messageId: text,
        fromUserId: text,
        roomId: text,
        type,
        content: bytes,
        timestamp,
        metadata: map,
        ackRequired: fc.boolean(),
        sequence: uint64,
        epoch: text,
        previousSequence: uint64,
      },
      { requiredKeys: [] },
    )
    .map((init) => create(MessageResponseSchema, init)),
);
/** Messages of the type AckContent. */
export const acks = withUnknown(
  fc
    .record(
      {
        originalMessageId: text,
        success: fc.boolean(),
        errorMessage: text,
        sequence: uint64,
        epoch: text,
        code: int32,
        retryAfter: duration,
      },
      { requiredKeys: [] },
    )
    .map((init) => create(AckContentSchema, init)),
);
/** Messages of the type UploadAudioRequest. */
export const uploads = withUnknown(
  fc
    .oneof(
      fc.constant({ case: undefined }),
      metadata.map((value) => ({ case: "metadata" as const, value })),
      bytes.map((value) => ({ case: "chunk" as const, value })),
    )
    .map((data) => create(UploadAudioRequestSchema, { data })),
);

function withUnknown<T extends Message>(messages: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc
    .tuple(messages, fc.option(unknown, { freq: 8, nil: undefined }))
    .map(([message, $unknown]) => ($unknown === undefined ? message : { ...message, $unknown }));
}

function endGroup(no: number): number[] {
  const bytes: number[] = [];
  let rest = (no << 3) | 4;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}
