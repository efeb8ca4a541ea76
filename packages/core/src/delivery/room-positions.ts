import type { JoinRoomResponse, MessageResponse } from "@im-sdk/gen";
import { RecentIds } from "./recent-ids.ts";

/** A position in a room's log. */
export interface RoomPosition {
  readonly epoch: string;
  readonly sequence: bigint;
}

/** Messages of a room that this client has missed and will not get. */
export interface Gap {
  readonly roomId: string;
  /** The last position seen before it; undefined when none was known. */
  readonly after: RoomPosition | undefined;
  /** The position up to which messages may be missing; undefined when the server tells no positions. */
  readonly upTo: RoomPosition | undefined;
}

interface Cursor {
  epoch: string;
  sequence: bigint;
  /** What lies between this position and the next message has been reported already. */
  gapReported: boolean;
}

/** How many message ids are remembered where the server tells no positions. */
const recentIdCapacity = 10_000;

/** How far each room has been read: drops what was seen before and notices what is missing. */
export class RoomPositions {
  readonly #cursors = new Map<string, Cursor>();
  readonly #recentIds = new RecentIds(recentIdCapacity);
  readonly #onGap: (gap: Gap) => void;

  constructor(onGap: (gap: Gap) => void) {
    this.#onGap = onGap;
  }

  get(roomId: string): RoomPosition | undefined {
    return this.#cursors.get(roomId);
  }

  forget(roomId: string): void {
    this.#cursors.delete(roomId);
  }

  /** Moves past a message; false when it was seen before. A gap before it is reported first. */
  advance(frame: MessageResponse): boolean {
    const { roomId, epoch, sequence, previousSequence } = frame;
    if (sequence === 0n) return frame.messageId === "" || this.#recentIds.add(`${roomId} ${frame.messageId}`);
    const cursor = this.#cursors.get(roomId);
    if (cursor === undefined) {
      this.#cursors.set(roomId, { epoch, sequence, gapReported: false });
      return true;
    }
    const sameEpoch = cursor.epoch === epoch;
    if (sameEpoch && sequence <= cursor.sequence) return false;
    const isMissing = !sameEpoch || previousSequence > cursor.sequence;
    if (isMissing && !cursor.gapReported) {
      this.#onGap({ roomId, after: positionOf(cursor), upTo: { epoch, sequence: previousSequence } });
    }
    cursor.epoch = epoch;
    cursor.sequence = sequence;
    cursor.gapReported = false;
    return true;
  }

  /** The first join: what the room's log holds already is history, not missed. */
  onJoined(roomId: string, response: JoinRoomResponse): void {
    const { head } = response;
    if (head === undefined) return;
    const cursor = this.#cursors.get(roomId);
    if (cursor?.epoch === head.epoch && cursor.sequence >= head.sequence) return;
    this.#cursors.set(roomId, { epoch: head.epoch, sequence: head.sequence, gapReported: false });
  }

  /** A join that brought a cursor: when the log no longer reaches back to it, what is missing is reported now. */
  onResumed(roomId: string, response: JoinRoomResponse): void {
    const { head, recovered } = response;
    const cursor = this.#cursors.get(roomId);
    if (cursor === undefined) this.onJoined(roomId, response);
    if (cursor === undefined || recovered || head === undefined) return;
    this.#onGap({ roomId, after: positionOf(cursor), upTo: positionOf(head) });
    if (cursor.epoch !== head.epoch) this.#cursors.set(roomId, { epoch: head.epoch, sequence: 0n, gapReported: true });
    else cursor.gapReported = true;
  }

  /** A join again on a server without positions: what was said meanwhile is lost, and how much is not known. */
  onRejoinedBlindly(roomId: string): void {
    this.#onGap({ roomId, after: this.get(roomId), upTo: undefined });
    this.#cursors.delete(roomId);
  }
}

function positionOf({ epoch, sequence }: RoomPosition): RoomPosition {
  return { epoch, sequence };
}
