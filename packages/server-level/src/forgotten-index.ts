import type { Change, Database } from "./level-database.ts";
import type { RoomKeys } from "./room-keys.ts";
import { decodeIndex } from "./room-records.ts";
import type { RoomState } from "./room-state.ts";

/** Index records that are deleted at once; the rest is for another call. */
export const maxForgotten = 50_000;

/** The changes that delete the index of messages that have left, and whose ids, stored before `beforeMs`, are forgotten. */
export async function forgottenIndex(
  database: Database,
  keys: RoomKeys,
  { indexDeletedTo, floor }: RoomState,
  beforeMs: number,
): Promise<Change[]> {
  const changes: Change[] = [];
  const range = { gte: keys.index(indexDeletedTo + 1n), lt: keys.index(floor + 1n), limit: maxForgotten };
  for await (const [key, value] of database.entries(range)) {
    if (decodeIndex(value).storedAtMs > beforeMs) break;
    changes.push({ key });
  }
  return changes;
}
