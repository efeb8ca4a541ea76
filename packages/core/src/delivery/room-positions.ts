import type { JoinRoomResponse, MessageResponse } from "@im-sdk/gen";
import { type Accepted, acceptedForGood } from "./accepted.ts";
import type { Gap, RoomPosition } from "./gap.ts";
import { missingUpTo, type ResumePoint } from "./missing-up-to.ts";
import { RecentIds } from "./recent-ids.ts";
import { type Cursor, positionOf, readPosition } from "./room-cursor.ts";
import { RoomProgress } from "./room-progress.ts";

export interface RoomPositionsOptions {
  onGap(gap: Gap): void;
  /** A room is read past a message when that is acknowledged, and not already when it is accepted; default false. */
  waitsForAcknowledge?: boolean;
  /** Less is waited for, without an acknowledgement. */
  onDiscarded?(): void;
  /** Where a room is to be gone on with after a restart; undefined when it is left. */
  onMoved?(roomId: string, position: RoomPosition | undefined): void;
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

  /** It is no new message of its room, though it may be one to hand out again. */
  hasReceived({ roomId, epoch, sequence }: MessageResponse): boolean {
    const cursor = this.#cursors.get(roomId);
    return cursor?.epoch === epoch && sequence <= cursor.sequence;
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

  /** The room is not a joined one for the time being; when it is joined again it goes on here. */
  setAside(roomId: string): void {
    const cursor = this.#cursors.get(roomId);
    if (cursor !== undefined) cursor.isRestored = true;
  }

  /** The room was left where it is by an earlier process, or set aside, and not joined since. */
  isRestored(roomId: string): boolean {
    return this.#cursors.get(roomId)?.isRestored ?? false;
  }

  forget(roomId: string): void {
    const cursor = this.#cursors.get(roomId);
    if (cursor === undefined) return;
    cursor.progress.discard();
    this.#cursors.delete(roomId);
    this.#options.onMoved?.(roomId, undefined);
    this.#options.onDiscarded?.();
  }

  /** Moves past a message; undefined when it was seen before. A gap before it is reported first. */
  advance(frame: MessageResponse): Accepted | undefined {
    const { roomId, epoch, sequence, previousSequence } = frame;
    if (sequence === 0n) return this.#isNew(frame) ? acceptedForGood : undefined;
    const before = previousSequence < sequence ? previousSequence : sequence - 1n;
    const cursor = this.#cursors.get(roomId) ?? this.#create(roomId, { epoch, sequence: before });
    const sameEpoch = cursor.epoch === epoch;
    if (sameEpoch && cursor.isCutBefore) {
      // What the log still has begins here: what is to come again from before this will not.
      cursor.isCutBefore = false;
      cursor.progress.giveUpLeftOvers(sequence);
      this.#options.onDiscarded?.();
      this.#tellMove(roomId, cursor);
    }
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
    const missing = missingUpTo({ head, recovered }, sent, cursor);
    if (missing === undefined) return;
    const { upTo, isNewLog, after = readPosition(cursor) } = missing;
    this.#options.onGap({ roomId, reason: "not_in_log", after, upTo });
    if (isNewLog) this.#beginAnew(cursor, upTo);
    else cursor.isCutBefore = true;
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
    const cursor = {
      epoch,
      sequence,
      reportedUpTo: 0n,
      progress,
      isRestored: false,
      isCutBefore: false,
      toldMove: undefined,
    };
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
    this.#options.onDiscarded?.();
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
    return messageId === "" || this.#recentIds.add(messageId, roomId, fromUserId);
  }
}
