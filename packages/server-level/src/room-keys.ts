/** What a key is of; one byte at its beginning. */
const kinds = { room: 0x72, message: 0x6d, index: 0x69 } as const;

/** The first key of rooms, and the one after the last. */
export const roomsRange = { gte: Buffer.of(kinds.room), lt: Buffer.of(kinds.room + 1) };

/**
 * The keys of one room. Ids are preceded by their length, so that no id is the beginning of another; positions are big-endian, so
 * that keys sort by them.
 */
export class RoomKeys {
  /** Of what is known of the room as a whole. */
  readonly room: Buffer;
  readonly #message: Buffer;
  readonly #index: Buffer;

  constructor(roomId: string) {
    this.room = prefix(kinds.room, roomId);
    this.#message = prefix(kinds.message, roomId);
    this.#index = prefix(kinds.index, roomId);
  }

  /** Of the message at a position. */
  message(sequence: bigint): Buffer {
    return at(this.#message, sequence);
  }

  /** Of size, time and id of the message at a position, which may outlive the message. */
  index(sequence: bigint): Buffer {
    return at(this.#index, sequence);
  }
}

/** The room's id in a key of `roomsRange`. */
export function roomIdOf(key: Buffer): string {
  return key.toString("utf8", 5);
}

/** The position in a key of a message or an index. */
export function sequenceOf(key: Buffer): bigint {
  return key.readBigUInt64BE(key.length - 8);
}

function prefix(kind: number, roomId: string): Buffer {
  const id = Buffer.from(roomId);
  const key = Buffer.alloc(5 + id.length);
  key.writeUInt8(kind);
  key.writeUInt32BE(id.length, 1);
  key.set(id, 5);
  return key;
}

function at(start: Buffer, sequence: bigint): Buffer {
  const key = Buffer.allocUnsafe(start.length + 8);
  key.set(start);
  key.writeBigUInt64BE(sequence, start.length);
  return key;
}
