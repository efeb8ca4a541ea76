import type { RoomPosition } from "./gap.ts";
import { positionOf } from "./room-cursor.ts";

/** Where a join goes on. */
export interface ResumePoint {
  readonly position: RoomPosition;
  /** What had been received by then: what is not acknowledged of it is asked for again. */
  readonly received: bigint;
}

/** What the answer to a join says is missing. */
export interface Missing {
  /** By default what was read up to now. */
  readonly after?: RoomPosition;
  readonly upTo: RoomPosition;
  /** What comes is numbered anew from there. */
  readonly isNewLog: boolean;
}

/** What is missing by the answer to a join with a cursor; `received` is what has been received meanwhile. */
export function missingUpTo(
  { head, recovered }: { head: RoomPosition; recovered: boolean },
  sent: ResumePoint,
  received: RoomPosition,
): Missing | undefined {
  // A log that ends before what was read has lost its end, and goes on with sequences that were seen before.
  if (sent.position.epoch === head.epoch && sent.received > head.sequence) {
    return { after: sent.position, upTo: positionOf(head), isNewLog: true };
  }
  if (recovered) return undefined;
  if (received.epoch !== head.epoch) return { upTo: { epoch: head.epoch, sequence: 0n }, isNewLog: true };
  // Messages that came before this answer have told by themselves what is missing between them.
  if (received.sequence !== sent.received || sent.position.sequence >= head.sequence) return undefined;
  return { after: sent.position, upTo: positionOf(head), isNewLog: false };
}
