import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

type Bytes = readonly number[];

/** Bytes near to those of a message: some changed, some missing, or those of two messages. */
export function spoiled(messages: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const small = messages.filter(({ length }) => length < 400);
  const change = fc.record({ at: fc.nat(400), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) });
  const changed = fc.tuple(small, fc.array(change, { minLength: 1, maxLength: 3 })).map(([bytes, changes]) =>
    changes.reduce((rest, { at, remove, insert }) => {
      const place = at % (rest.length + 1);
      return Buffer.concat([rest.subarray(0, place), insert, rest.subarray(place + remove)]);
    }, Buffer.from(bytes)),
  );
  const cut = fc.tuple(small, fc.nat(400)).map(([bytes, end]) => bytes.subarray(0, end % (bytes.length + 1)));
  const joined = fc.tuple(small, small).map((parts) => Buffer.concat(parts));
  return fc.oneof(changed, cut, joined).map((bytes) => new Uint8Array(bytes));
}

/** Fields of the message in any order and number, with lengths that are off now and then, and others among them. */
export function recordsOf(schema: DescMessage): fc.Arbitrary<Uint8Array> {
  return contentOf(schema).map((bytes) => Uint8Array.from(bytes));
}

/** A number as it is written. */
export function varintOf(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varintOf(Math.floor(value / 128))];
}

const anyBytes: fc.Arbitrary<Bytes> = fc.array(fc.nat(255), { maxLength: 12 });

const varint: fc.Arbitrary<Bytes> = fc.oneof(
  fc.nat(300).map(varintOf),
  fc.maxSafeNat().map(varintOf),
  fc
    .tuple(fc.array(fc.integer({ min: 128, max: 255 }), { maxLength: 11 }), fc.nat(127))
    .map(([more, last]) => [...more, last]),
);

const text: fc.Arbitrary<Bytes> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 24 }).map((value) => [...Buffer.from(value)]) },
  anyBytes,
);

const stranger = fc
  .tuple(fc.nat(2_100), fc.nat(7), fc.oneof(varint, delimited(anyBytes)))
  .map(([no, wireType, rest]) => [...varintOf((no << 3) | wireType), ...rest]);

function contentOf(schema: DescMessage): fc.Arbitrary<Bytes> {
  const known = schema.fields.map(recordOf);
  return sequenceOf(known.length === 0 ? [stranger] : known);
}

function sequenceOf(records: readonly fc.Arbitrary<Bytes>[]): fc.Arbitrary<Bytes> {
  const record = fc.oneof({ weight: 15, arbitrary: fc.oneof(...records) }, stranger);
  return fc.array(record, { maxLength: 5 }).map((parts) => parts.flat());
}

function recordOf(field: DescField): fc.Arbitrary<Bytes> {
  switch (field.fieldKind) {
    case "message":
      return tagged(field.number, 2, delimited(contentOf(field.message)));
    case "map": {
      const [key, value] = [1, 2].map((number) => tagged(number, 2, delimited(text)));
      const entry = fc.tuple(key ?? text, value ?? text).map((parts) => parts.flat());
      return tagged(field.number, 2, delimited(fc.oneof(entry, sequenceOf([key ?? text, value ?? text]))));
    }
    case "scalar":
      if (field.scalar === ScalarType.DOUBLE)
        return tagged(field.number, 1, fc.array(fc.nat(255), { minLength: 8, maxLength: 8 }));
      if (field.scalar === ScalarType.STRING) return tagged(field.number, 2, delimited(text));
      if (field.scalar === ScalarType.BYTES) return tagged(field.number, 2, delimited(anyBytes));
      return tagged(field.number, 0, varint);
    default:
      return tagged(field.number, 0, varint);
  }
}

function tagged(number: number, wireType: number, rest: fc.Arbitrary<Bytes>): fc.Arbitrary<Bytes> {
  return rest.map((bytes) => [...varintOf((number << 3) | wireType), ...bytes]);
}

function delimited(content: fc.Arbitrary<Bytes>): fc.Arbitrary<Bytes> {
  const off = fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.integer({ min: -2, max: 2 }));
  return fc.tuple(content, off).map(([bytes, by]) => [...varintOf(Math.max(0, bytes.length + by)), ...bytes]);
}
