import type { JoinRoomResponse, MessageResponse } from "@im-sdk/gen";
import { type Accepted, acceptedForGood } from "./accepted.ts";
import type { Gap, RoomPosition } from "./gap.ts";
import { RecentIds } from "./recent-ids.ts";
import { RoomProgress } from "./room-progress.ts";

/** Where a join goes on. */
export interface ResumePoint {
  readonly position: RoomPosition;
  /** What had been received by then: what is not acknowledged of it is asked for again. */
  readonly received: bigint;
}

export interface RoomPositionsOptions {
  onGap(gap: Gap): void;
  /** A room is read past a message when that is acknowledged, and not already when it is accepted; default false. */
  waitsForAcknowledge?: boolean;
  /** Where a room is to be gone on with after a restart; undefined when it is left. */
  onMoved?(roomId: string, position: RoomPosition | undefined): void;
}

interface Cursor {
  epoch: string;
  /** What was received. */
  sequence: bigint;
  /** Whatever did not come up to this sequence has been reported as missing. */
  reportedUpTo: bigint;
  progress: RoomProgress;
  /** Of an earlier process, until the room is joined. */
  isRestored: boolean;
  toldMove: RoomPosition | undefined;
}

/** How many message ids are remembered: for servers that tell no positions, and for logs that start anew. */
const recentIdCapacity = 10_000;

/** How far each room has been read: drops what was seen before and notices what is missing. */
export class RoomPositions {
  readonly #options: RoomPositionsOptions;
  readonly #cursors = new Map<string, Cursor>();
  readonly #recentIds = new RecentIds(recentIdCapacity);
  readonly #open = { count: 0 };

  constructor(options: RoomPositionsOptions) {
    this.#options = options;
  }

  /** Messages that were handed out and are not acknowledged. */
  get openCount(): number {
    return this.#open.count;
  }

  /** Where the room is to be gone on with. */
  get(roomId: string): RoomPosition | undefined {
    const cursor = this.#cursors.get(roomId);
    return cursor && readPosition(cursor);
  }

  /** What was received last: on the same stream a room goes on behind that, whatever is acknowledged of it. */
  receivedPoint(roomId: string): ResumePoint | undefined {
    const cursor = this.#cursors.get(roomId);
    return cursor && { position: positionOf(cursor), received: cursor.sequence };
  }

  /** {@link get} for a join, whose answer goes to {@link onResumed}. */
  resumePoint(roomId: string): ResumePoint | undefined {
    const cursor = this.#cursors.get(roomId);
    return cursor && { position: readPosition(cursor), received: cursor.sequence };
  }

  /** Where an earlier process has left the rooms. */
  restore(positions: ReadonlyMap<string, RoomPosition>): void {
    for (const [roomId, position] of positions) this.#create(roomId, position).isRestored = true;
  }

  /** The room was left where it is by an earlier process, and not joined since. */
  isRestored(roomId: string): boolean {
    return this.#cursors.get(roomId)?.isRestored ?? false;
  }

  forget(roomId: string): void {
    const cursor = this.#cursors.get(roomId);
    if (cursor === undefined) return;
    cursor.progress.discard();
    this.#cursors.delete(roomId);
    this.#options.onMoved?.(roomId, undefined);
  }

  /** Moves past a message; undefined when it was seen before. A gap before it is reported first. */
  advance(frame: MessageResponse): Accepted | undefined {
    const { roomId, epoch, sequence, previousSequence } = frame;
    if (sequence === 0n) return this.#isNew(frame) ? acceptedForGood : undefined;
    const before = previousSequence < sequence ? previousSequence : sequence - 1n;
    const cursor = this.#cursors.get(roomId) ?? this.#create(roomId, { epoch, sequence: before });
    const sameEpoch = cursor.epoch === epoch;
    if (sameEpoch && sequence <= cursor.sequence) {
      const { progress } = cursor;
      if (!progress.takeLeftOver(sequence)) return undefined;
      return { ...this.#accept(roomId, cursor, sequence), isObsolete: () => progress.isAcknowledged(sequence) };
    }
    if (!sameEpoch || (previousSequence > cursor.sequence && previousSequence > cursor.reportedUpTo)) {
      const after = sameEpoch ? positionOf(cursor) : readPosition(cursor);
      this.#options.onGap({ roomId, reason: "not_in_log", after, upTo: { epoch, sequence: previousSequence } });
    }
    if (!sameEpoch) this.#beginAnew(cursor, { epoch, sequence: before });
    const receivedUpTo = cursor.sequence;
    cursor.sequence = sequence;
    // A message without an ACK when the log was lost is sent again, and has a new position in the new log.
    const isNew = this.#isNew(frame);
    if (isNew && this.#options.waitsForAcknowledge) cursor.progress.onHandedOut(sequence, receivedUpTo);
    this.#tellMove(roomId, cursor);
    return isNew ? this.#accept(roomId, cursor, sequence) : undefined;
  }

  /**
   * The first join: what the room's log holds already is history, not missed. For a room that is being read a join says
   * nothing new: the answer to a call may overtake messages that are still on their way in the stream.
   */
  onJoined(roomId: string, { head }: JoinRoomResponse): void {
    if (head === undefined || this.#cursors.has(roomId)) return;
    this.#tellMove(roomId, this.#create(roomId, head));
  }

  /** A join that brought a cursor: when the log no longer reaches back to it, what is missing is reported now. */
  onResumed(roomId: string, response: JoinRoomResponse, sent: ResumePoint): void {
    const { head, recovered } = response;
    const cursor = this.#cursors.get(roomId);
    if (cursor === undefined) {
      this.onJoined(roomId, response);
      return;
    }
    cursor.isRestored = false;
    if (head === undefined) return;
    const sameEpoch = cursor.epoch === head.epoch;
    // A log that ends before what was read has lost its end, and goes on with sequences that were seen before.
    const isCutOff = sent.position.epoch === head.epoch && sent.received > head.sequence;
    if (recovered && !isCutOff) return;
    // Messages that came before this answer have told by themselves what is missing between them.
    const hasMoved = cursor.sequence !== sent.received || cursor.sequence >= head.sequence;
    if (sameEpoch && hasMoved && !isCutOff) return;
    const upTo = sameEpoch ? positionOf(head) : { epoch: head.epoch, sequence: 0n };
    this.#options.onGap({
      roomId,
      reason: "not_in_log",
      after: sameEpoch ? sent.position : readPosition(cursor),
      upTo,
    });
    if (!sameEpoch || isCutOff) this.#beginAnew(cursor, upTo);
    else cursor.progress.giveUpLeftOvers();
    cursor.reportedUpTo = upTo.sequence;
    this.#tellMove(roomId, cursor);
  }

  /** A join again on a server without positions: what was said meanwhile is lost, and how much is not known. */
  onRejoinedBlindly(roomId: string): void {
    const cursor = this.#cursors.get(roomId);
    this.#options.onGap({ roomId, reason: "no_cursor", after: cursor && readPosition(cursor), upTo: undefined });
    this.forget(roomId);
  }

  #create(roomId: string, { epoch, sequence }: RoomPosition): Cursor {
    const progress = new RoomProgress(this.#open);
    const cursor = { epoch, sequence, reportedUpTo: 0n, progress, isRestored: false, toldMove: undefined };
    this.#cursors.set(roomId, cursor);
    return cursor;
  }

  /** What was handed out of the log before says nothing about this one. */
  #beginAnew(cursor: Cursor, { epoch, sequence }: RoomPosition): void {
    cursor.progress.discard();
    cursor.epoch = epoch;
    cursor.sequence = sequence;
    cursor.reportedUpTo = 0n;
    cursor.progress = new RoomProgress(this.#open);
  }

  #accept(roomId: string, cursor: Cursor, sequence: bigint): Accepted {
    if (!this.#options.waitsForAcknowledge) return acceptedForGood;
    const { progress } = cursor;
    return {
      acknowledge: () => {
        progress.acknowledge(sequence);
        if (cursor.progress === progress && this.#cursors.get(roomId) === cursor) this.#tellMove(roomId, cursor);
      },
      onDone: () => progress.onDone(sequence),
    };
  }

  #tellMove(roomId: string, cursor: Cursor): void {
    if (this.#options.onMoved === undefined) return;
    const position = readPosition(cursor);
    const { toldMove } = cursor;
    if (toldMove?.epoch === position.epoch && toldMove.sequence === position.sequence) return;
    cursor.toldMove = position;
    this.#options.onMoved(roomId, position);
  }

  #isNew({ roomId, fromUserId, messageId }: MessageResponse): boolean {
    return messageId === "" || this.#recentIds.add(`${roomId} ${fromUserId} ${messageId}`);
  }
}

function positionOf({ epoch, sequence }: RoomPosition): RoomPosition {
  return { epoch, sequence };
}

/** Up to here nothing is to come again. */
function readPosition({ epoch, sequence, progress }: Cursor): RoomPosition {
  return { epoch, sequence: progress.readUpTo ?? sequence };
}
