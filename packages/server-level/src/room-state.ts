import { randomUUID } from "node:crypto";
import { DuplicateWindow, KeptEntries, type KeptEntry, type RoomLogOptions } from "@im-sdk/server";
import type { Change, Database } from "./level-database.ts";
import { type RoomKeys, roomIdOf, sequenceOf } from "./room-keys.ts";
import { decodeIndex, decodeRoom, encodeRoom, type RoomRecord } from "./room-records.ts";

type Retention = RoomLogOptions["retention"];

/** What of a stored room is held in memory: sizes, times and ids, no messages. */
export class RoomState {
  readonly epoch: string;
  readonly createdAtMs: number;
  readonly kept: KeptEntries<KeptEntry>;
  readonly duplicates: DuplicateWindow;
  /** Messages up to here are deleted. */
  deletedTo = 0n;
  /** The index up to here is deleted. */
  indexDeletedTo = 0n;
  lastStoredAtMs: number | undefined;
  head = 0n;
  /** How long the record says that something of the room is needed, in ms. */
  storedKeepMs: number;
  readonly #windowMs: number;

  constructor(epoch: string, createdAtMs: number, retention: Retention) {
    this.epoch = epoch;
    this.createdAtMs = createdAtMs;
    this.kept = new KeptEntries(retention);
    this.#windowMs = retention.duplicateWindowMs;
    this.storedKeepMs = this.keepMs;
    this.duplicates = new DuplicateWindow({
      windowMs: retention.duplicateWindowMs,
      maxIdsPerUser: retention.maxDuplicateIds,
    });
  }

  /** How long after the newest message something of the room is needed, in ms. */
  get keepMs(): number {
    return Math.max(this.kept.ttlMs, this.#windowMs);
  }

  /** Everything up to here is no longer to be kept, though it may not be deleted yet. */
  get floor(): bigint {
    return this.head - BigInt(this.kept.count);
  }

  /** The newest message is stored. */
  add(entry: KeptEntry): void {
    this.head += 1n;
    this.lastStoredAtMs = entry.storedAtMs;
    this.kept.push(entry);
  }
}

/** Reads what is stored of a room; one that is not stored yet begins, with an epoch that the caller has to store. */
export async function loadRoom(
  database: Database,
  keys: RoomKeys,
  { retention, clock }: RoomLogOptions,
): Promise<{ readonly state: RoomState; readonly isNew: boolean }> {
  const nowMs = clock.now();
  const found = await database.get(keys.room);
  if (found === undefined) return { state: new RoomState(randomUUID(), nowMs, retention), isNew: true };

  const { epoch, createdAtMs, lastStoredAtMs, head, floor, indexFloor, keepMs } = decodeRoom(found);
  const state = new RoomState(epoch, createdAtMs, retention);
  state.lastStoredAtMs = lastStoredAtMs;
  state.storedKeepMs = keepMs;
  state.head = floor;
  state.deletedTo = floor;
  state.indexDeletedTo = indexFloor;
  for await (const [key, value] of database.entries({ gte: keys.index(indexFloor + 1n), lt: keys.index(head + 1n) })) {
    const sequence = sequenceOf(key);
    const { storedAtMs, bytes, origin } = decodeIndex(value);
    if (sequence > floor) state.add({ storedAtMs, bytes });
    if (origin !== undefined)
      state.duplicates.remember(origin.userId, origin.id, { sequence, timestampMs: storedAtMs });
  }
  if (state.head !== head) {
    const room = `room "${roomIdOf(keys.room)}"`;
    throw new Error(`what is stored of ${room} is damaged: its index ends at ${state.head}, its messages at ${head}`);
  }
  state.duplicates.prune(nowMs, state.floor);
  return { state, isNew: false };
}

/** Where a room stands once a batch is stored. */
export type Standing = Pick<RoomRecord, "head" | "floor" | "indexFloor" | "lastStoredAtMs">;

/** The change by which a room's record follows its messages. */
export function roomChange(keys: RoomKeys, state: RoomState, standing: Standing): Change {
  const { epoch, createdAtMs, keepMs } = state;
  return { key: keys.room, value: encodeRoom({ epoch, createdAtMs, ...standing, keepMs }) };
}
