import type { Database } from "./level-database.ts";
import { roomIdOf, roomsRange } from "./room-keys.ts";
import { decodeRoom } from "./room-records.ts";

/** A room of whose messages and ids none is needed any more. */
export interface ExpiredRoom {
  readonly roomId: string;
  /** How long its messages are to be kept, in ms. */
  readonly keepMs: number;
}

/**
 * Stored rooms whose newest message is older, at `nowMs`, than anything of it is to be kept: as long as was said when it was
 * stored, and no shorter than `leastKeepMs`.
 */
export async function expiredRooms(database: Database, nowMs: number, leastKeepMs: number): Promise<ExpiredRoom[]> {
  const rooms: ExpiredRoom[] = [];
  for await (const [key, value] of database.entries(roomsRange)) {
    const { lastStoredAtMs, head, indexFloor, ...stored } = decodeRoom(value);
    const keepMs = Math.max(stored.keepMs, leastKeepMs);
    // The index is the last to go.
    if (lastStoredAtMs === undefined || indexFloor === head || nowMs - lastStoredAtMs < keepMs) continue;
    rooms.push({ roomId: roomIdOf(key), keepMs });
  }
  return rooms;
}
