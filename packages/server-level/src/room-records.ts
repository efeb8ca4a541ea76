/** What is stored of a room as a whole, anew with every batch. */
export interface RoomRecord {
  readonly epoch: string;
  readonly createdAtMs: number;
  readonly lastStoredAtMs?: number | undefined;
  /** Position of the newest message. */
  readonly head: bigint;
  /** Messages up to here are no longer stored. */
  readonly floor: bigint;
  /** Nor is the index, which may outlive the messages. */
  readonly indexFloor: bigint;
  /** How long after the newest message something of the room is needed, in ms. */
  readonly keepMs: number;
}

/** What is stored of a message beside itself: enough to know the room's state without reading its messages. */
export interface IndexRecord {
  readonly storedAtMs: number;
  readonly bytes: number;
  /** By whom it was posted and under which id, when a second one is to be told from it. */
  readonly origin: { readonly userId: string; readonly id: string } | undefined;
}

export function encodeRoom(record: RoomRecord): Buffer {
  return Buffer.from(JSON.stringify(record, (_key, value) => (typeof value === "bigint" ? String(value) : value)));
}

export function decodeRoom(bytes: Buffer): RoomRecord {
  const { head, floor, indexFloor, ...rest } = JSON.parse(bytes.toString()) as Stored<RoomRecord>;
  return { ...rest, head: BigInt(head), floor: BigInt(floor), indexFloor: BigInt(indexFloor) };
}

export function encodeIndex({ storedAtMs, bytes, origin }: IndexRecord): Buffer {
  const fields = origin === undefined ? [storedAtMs, bytes] : [storedAtMs, bytes, origin.userId, origin.id];
  return Buffer.from(JSON.stringify(fields));
}

export function decodeIndex(record: Buffer): IndexRecord {
  const [storedAtMs, bytes, userId, id] = JSON.parse(record.toString()) as [number, number, string?, string?];
  return { storedAtMs, bytes, origin: userId === undefined || id === undefined ? undefined : { userId, id } };
}

/** JSON has no bigint. */
type Stored<T> = { readonly [K in keyof T]: T[K] extends bigint ? string : T[K] };
