import fc from "fast-check";

/** Places to cut bytes at, as fractions of the whole. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

/** The bytes in pieces, some of which may be empty. */
export function cutBytes(bytes: Buffer<ArrayBuffer>, fractions: readonly number[]): Buffer<ArrayBuffer>[] {
  const places = fractions.map((fraction) => Math.round(fraction * bytes.byteLength)).sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.byteLength));
}
