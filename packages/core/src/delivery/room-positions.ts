import type { JoinRoomResponse, MessageResponse } from "@im-sdk/gen";
import { RecentIds } from "./recent-ids.ts";

/** A position in a room's log. */
export interface RoomPosition {
  readonly epoch: string;
  readonly sequence: bigint;
}

/** Messages of a room that this client, or a slow consumer in it, may have missed and will not get by itself. */
export interface Gap {
  readonly roomId: string;
  /**
   * Why they are missing:
   *
   * - `not_in_log`: what the server gave of the room's log leaves them out; it no longer reaches back that far, or is a new one
   * - `no_cursor`: the room was joined again with nothing to resume from, as on a server that tells no positions
   * - `slow_consumer`: a loop or the `message` listeners, with `whenFull: "drop-oldest"`, were too slow. Only they missed them, and
   *   `listMessages` still has them, as far as the server's history reaches
   */
  readonly reason: "not_in_log" | "no_cursor" | "slow_consumer";
  /** The last position before it; undefined when none was known. */
  readonly after: RoomPosition | undefined;
  /**
   * The position up to which messages may be missing, though some of them may still come. Sequence 0 of another epoch is
   * the beginning of a new log: the end of the old one is lost. Undefined when what is missing has no positions: on a server that
   * tells none, and where a slow consumer missed system events only.
   */
  readonly upTo: RoomPosition | undefined;
}

interface Cursor {
  epoch: string;
  sequence: bigint;
  /** Whatever did not come up to this sequence has been reported as missing. */
  reportedUpTo: bigint;
}

/** How many message ids are remembered: for servers that tell no positions, and for logs that start anew. */
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
    const cursor = this.#cursors.get(roomId);
    return cursor === undefined ? undefined : positionOf(cursor);
  }

  forget(roomId: string): void {
    this.#cursors.delete(roomId);
  }

  /** Moves past a message; false when it was seen before. A gap before it is reported first. */
  advance(frame: MessageResponse): boolean {
    const { roomId, epoch, sequence, previousSequence } = frame;
    if (sequence === 0n) return this.#isNew(frame);
    const cursor = this.#cursors.get(roomId);
    if (cursor === undefined) {
      this.#cursors.set(roomId, { epoch, sequence, reportedUpTo: 0n });
      return this.#isNew(frame);
    }
    const sameEpoch = cursor.epoch === epoch;
    if (sameEpoch && sequence <= cursor.sequence) return false;
    if (!sameEpoch || (previousSequence > cursor.sequence && previousSequence > cursor.reportedUpTo)) {
      this.#reportLoss(roomId, cursor, { epoch, sequence: previousSequence });
    }
    if (!sameEpoch) cursor.reportedUpTo = 0n;
    cursor.epoch = epoch;
    cursor.sequence = sequence;
    // A message without an ACK when the log was lost is sent again, and has a new position in the new log.
    return this.#isNew(frame);
  }

  /**
   * The first join: what the room's log holds already is history, not missed. For a room that is being read a join says
   * nothing new: the answer to a call may overtake messages that are still on their way in the stream.
   */
  onJoined(roomId: string, response: JoinRoomResponse): void {
    const { head } = response;
    if (head === undefined || this.#cursors.has(roomId)) return;
    this.#cursors.set(roomId, { ...positionOf(head), reportedUpTo: 0n });
  }

  /** A join that brought a cursor: when the log no longer reaches back to it, what is missing is reported now. */
  onResumed(roomId: string, response: JoinRoomResponse, sent: RoomPosition): void {
    const { head, recovered } = response;
    const cursor = this.#cursors.get(roomId);
    if (cursor === undefined) this.onJoined(roomId, response);
    if (cursor === undefined || recovered || head === undefined) return;
    const sameEpoch = cursor.epoch === head.epoch;
    // A log that ends before what was read has lost its end, and goes on with sequences that were seen before.
    const isCutOff = sent.epoch === head.epoch && sent.sequence > head.sequence;
    if (sameEpoch && cursor.sequence >= head.sequence && !isCutOff) return;
    if (sameEpoch) {
      this.#reportLoss(roomId, cursor, positionOf(head));
      if (isCutOff) cursor.sequence = head.sequence;
      cursor.reportedUpTo = head.sequence;
      return;
    }
    // What is lost is the end of the old log; the new one is replayed from where it begins.
    this.#reportLoss(roomId, cursor, { epoch: head.epoch, sequence: 0n });
    cursor.epoch = head.epoch;
    cursor.sequence = 0n;
    cursor.reportedUpTo = 0n;
  }

  /** A join again on a server without positions: what was said meanwhile is lost, and how much is not known. */
  onRejoinedBlindly(roomId: string): void {
    this.#onGap({ roomId, reason: "no_cursor", after: this.get(roomId), upTo: undefined });
    this.#cursors.delete(roomId);
  }

  #reportLoss(roomId: string, cursor: Cursor, upTo: RoomPosition): void {
    this.#onGap({ roomId, reason: "not_in_log", after: positionOf(cursor), upTo });
  }

  #isNew({ roomId, fromUserId, messageId }: MessageResponse): boolean {
    return messageId === "" || this.#recentIds.add(`${roomId} ${fromUserId} ${messageId}`);
  }
}

function positionOf({ epoch, sequence }: RoomPosition): RoomPosition {
  return { epoch, sequence };
}
