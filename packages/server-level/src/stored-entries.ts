import { fromBinary } from "@bufbuild/protobuf";
import { MessageResponseSchema } from "@im-sdk/gen";
import { type LogEntry, messageBytes } from "@im-sdk/server";
import type { Database } from "./level-database.ts";
import type { RoomKeys } from "./room-keys.ts";

/** Positions of messages, from one to before another. */
export interface StoredRange {
  readonly from: bigint;
  readonly to: bigint;
  readonly limit?: number;
}

/** Reads the messages of a room that are stored in a range, in order. */
export async function storedEntries(
  database: Database,
  keys: RoomKeys,
  { from, to, ...bound }: StoredRange,
): Promise<LogEntry[]> {
  const values = await database.values({ gte: keys.message(from), lt: keys.message(to), ...bound });
  return values.map((value) => {
    // No Buffer: content would become one too.
    const message = fromBinary(MessageResponseSchema, new Uint8Array(value.buffer, value.byteOffset, value.length));
    return { message, bytes: messageBytes(message) };
  });
}
