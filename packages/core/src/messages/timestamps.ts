import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** The second of the message before is most often that of the next: a bigint takes as long as the rest of it. */
let lastSeconds = 0;
let lastBigInt = 0n;

/** A time in milliseconds since the Unix epoch, as protobuf has it. */
export function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1_000);
  if (seconds !== lastSeconds) {
    lastBigInt = BigInt(seconds);
    lastSeconds = seconds;
  }
  return {
    $typeName: "google.protobuf.Timestamp",
    seconds: lastBigInt,
    nanos: Math.floor((ms - seconds * 1_000) * 1e6),
  };
}

/** Undefined for none, and for one beyond what a Date can hold. */
export function toDate(timestamp: Timestamp | undefined): Date | undefined {
  if (timestamp === undefined) return undefined;
  const date = new Date(Number(timestamp.seconds) * 1_000 + Math.round(timestamp.nanos / 1e6));
  return Number.isNaN(date.getTime()) ? undefined : date;
}
