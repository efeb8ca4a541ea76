import assert from "node:assert/strict";
import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { MessageCodec } from "../index.ts";

/** What a codec or protobuf-es makes of something. */
type Outcome = { readonly value: unknown } | { readonly error: Error };

const guard = 0xa5;
const marginBytes = 24;

/** What the codec writes; it keeps to its bound, whether there is more room or not. */
export function encode<T extends Message>(codec: MessageCodec<T>, message: T): Uint8Array {
  const bound = codec.sizeBound(message);
  const target = Buffer.alloc(marginBytes + bound + marginBytes, guard);
  const end = codec.write(message, target, marginBytes);
  assert.ok(end <= marginBytes + bound, `${end - marginBytes} bytes are more than the bound, ${bound}`);
  const around = [...target.subarray(0, marginBytes), ...target.subarray(marginBytes + bound)];
  assert.deepEqual(new Set(around), new Set([guard]));
  const exact = Buffer.alloc(bound);
  assert.equal(codec.write(message, exact, 0), end - marginBytes);
  assert.ok(target.subarray(marginBytes, end).equals(exact.subarray(0, end - marginBytes)));
  return new Uint8Array(target.subarray(marginBytes, end));
}

/** The codec writes the same as protobuf-es, or refuses what that refuses. */
export function assertWritesAlike<T extends Message>(codec: MessageCodec<T>, message: T): void {
  const expected = outcomeOf(() => toBinary(codec.schema, message));
  const actual = outcomeOf(() => encode(codec, message));
  if ("error" in expected) assert.ok("error" in actual, `wrote what protobuf-es refuses: ${expected.error.message}`);
  else assert.deepStrictEqual(actual, expected);
}

/** The codec reads the same as protobuf-es, or refuses what that refuses; also from the midst of something else. */
export function assertReadsAlike<T extends Message>(codec: MessageCodec<T>, bytes: Uint8Array): void {
  const buffer = Buffer.concat([bytes.toReversed(), bytes, bytes]);
  const array = new Uint8Array(buffer.length);
  array.set(buffer);
  for (const given of [bytes, ...[buffer, array].map((all) => all.subarray(bytes.length, bytes.length * 2))]) {
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

function outcomeOf(run: () => unknown): Outcome {
  try {
    return { value: run() };
  } catch (error) {
    assert.ok(error instanceof Error);
    return { error };
  }
}
