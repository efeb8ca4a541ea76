import { create, type Message, type UnknownField } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import {
  type AckContent,
  AckContentSchema,
  AudioMetadataSchema,
  type MessageRequest,
  MessageRequestSchema,
  type MessageResponse,
  MessageResponseSchema,
  type MessageType,
  type UploadAudioRequest,
  UploadAudioRequestSchema,
} from "../index.ts";
import { varintOf } from "./arbitrary-bytes.ts";

/** Messages of every type that has a codec. */
export interface ArbitraryMessages {
  readonly requests: fc.Arbitrary<MessageRequest>;
  readonly responses: fc.Arbitrary<MessageResponse>;
  readonly acks: fc.Arbitrary<AckContent>;
  readonly uploads: fc.Arbitrary<UploadAudioRequest>;
}

/** Lengths on both sides of where another way of writing or another byte of length begins. */
export const lengths = [0, 1, 2, 12, 13, 20, 21, 42, 43, 127, 128, 5461, 5462, 16_383, 16_384, 70_000];

/** What texts of those lengths are made of: one to four bytes in UTF-8, and half of a pair, which is not text. */
export const units = ["a", "\u00e9", "\u6c49", "\ud83d\ude00", "\ud800"];

/** Numbers on both sides of where another byte begins. */
export const numbers = [1n, 7n, 14n, 21n, 28n, 31n, 32n, 35n, 42n, 49n].flatMap((bits) => [
  2n ** bits - 1n,
  2n ** bits,
]);

/** Messages with values of the types declared: `usual` ones, or `any` at all, with fields unknown to the contract among them. */
export function arbitraryMessages(which: "usual" | "any"): ArbitraryMessages {
  const isUsual = which === "usual";
  const text = textOf(units.slice(0, isUsual ? -1 : undefined));
  const keys = fc.oneof(fc.constantFrom("constructor", "7", "-1", ""), text);
  const map = mapOf(
    isUsual ? keys.filter((key) => key !== "__proto__") : fc.oneof(keys, fc.constant("__proto__")),
    text,
  );
  const usualInt = fc.constantFrom(0, 1, 127, 128, 999_999_999, 0x7fff_ffff);
  const int32 = isUsual ? usualInt : fc.oneof(usualInt, fc.constantFrom(-0, -1, -0x8000_0000), fc.integer());
  const type = int32.map((value) => value as MessageType);
  const usualLong = fc.oneof(fc.constantFrom(0n, ...numbers), fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }));
  const longOf = (min: bigint, max: bigint) =>
    isUsual
      ? usualLong
      : fc.oneof(usualLong, fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, min, max), fc.bigInt({ min, max }));
  const int64 = longOf(-(2n ** 63n), 2n ** 63n - 1n);
  const uint64 = longOf(0n, 2n ** 64n - 1n);
  const double = fc.double({ noNaN: isUsual });
  const rest = isUsual ? fc.constant(undefined) : fc.option(unknown, { freq: 8, nil: undefined });
  const withUnknown = <T extends Message>(messages: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    fc
      .tuple(messages, rest)
      .map(([message, $unknown]) => ($unknown === undefined ? message : { ...message, $unknown }));

  const timeSpan = record({ seconds: int64, nanos: int32 });
  const timestamp = withUnknown(timeSpan.map((init) => create(TimestampSchema, init)));
  const retryAfter = withUnknown(timeSpan.map((init) => create(DurationSchema, init)));
  const audio = record({ userId: text, roomId: text, format: text, size: int64, duration: double });
  const metadata = withUnknown(audio.map((init) => create(AudioMetadataSchema, init)));
  const common = {
    messageId: text,
    roomId: text,
    type,
    content: bytes,
    metadata: map,
    timestamp,
    ackRequired: fc.boolean(),
  };
  const position = { sequence: uint64, epoch: text };
  const request = record({ ...common, userId: text });
  const response = record({ ...common, fromUserId: text, ...position, previousSequence: uint64 });
  const ack = record({
    ...{ originalMessageId: text, success: fc.boolean(), errorMessage: text, code: int32, retryAfter },
    ...position,
  });
  const data = fc.oneof(
    fc.constant({ case: undefined }),
    metadata.map((value) => ({ case: "metadata" as const, value })),
    bytes.map((value) => ({ case: "chunk" as const, value })),
  );
  return {
    requests: withUnknown(request.map((init) => create(MessageRequestSchema, init))),
    responses: withUnknown(response.map((init) => create(MessageResponseSchema, init))),
    acks: withUnknown(ack.map((init) => create(AckContentSchema, init))),
    uploads: withUnknown(data.map((init) => create(UploadAudioRequestSchema, { data: init }))),
  };
}

const bytes = fc
  .tuple(fc.oneof(fc.nat(40), fc.constantFrom(...lengths)), fc.nat(255), fc.boolean())
  .map(([length, filling, asBuffer]) =>
    asBuffer ? Buffer.alloc(length, filling) : new Uint8Array(length).fill(filling),
  );

/** Fields that the contract does not know, in every encoding. */
const unknown: fc.Arbitrary<UnknownField[]> = fc.array(
  fc.tuple(fc.integer({ min: 200, max: 5_000 }), fc.constantFrom(0, 1, 2, 3, 5)).map(([no, wireType]) => {
    const delimited = [0xac, 2, ...new Uint8Array(300)];
    const data = {
      0: [0x96, 1],
      1: [1, 2, 3, 4, 5, 6, 7, 8],
      2: delimited,
      3: varintOf((no << 3) | 4),
      5: [1, 2, 3, 4],
    };
    return { no, wireType, data: Uint8Array.from(data[wireType as keyof typeof data]) };
  }),
  { minLength: 1, maxLength: 3 },
);

/** Some of the fields. */
function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record(fields, { requiredKeys: [] });
}

/** Texts of any characters, marks of byte order among them, of lengths that matter. */
function textOf(parts: readonly string[]): fc.Arbitrary<string> {
  const characters = fc.constantFrom(
    "\0",
    "A",
    "\x7f",
    "\x80",
    "\u07ff",
    "\u0800",
    "\ufeff",
    "\ufffd",
    "\uffff",
    ...parts,
  );
  const long = fc.tuple(fc.constantFrom(...parts), fc.constantFrom(...lengths));
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 2, arbitrary: fc.string({ unit: characters, maxLength: 50 }) },
    { weight: 1, arbitrary: long.map(([unit, length]) => unit.repeat(length / unit.length)) },
  );
}

/** Entries in an object as protobuf-es makes it, where `__proto__` is a key like any other. */
function mapOf(keys: fc.Arbitrary<string>, values: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> {
  return fc.array(fc.tuple(keys, values), { maxLength: 4 }).map((entries) => {
    const map: Record<string, string> = {};
    for (const [key, value] of entries) {
      Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
    }
    return map;
  });
}
