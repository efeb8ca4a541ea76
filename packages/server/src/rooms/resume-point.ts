import type { RoomCursor } from "@im-sdk/gen";
import type { LogHead } from "../log/room-log.ts";

/** Where a join begins to hand on messages. */
export interface ResumePoint {
  /** Messages after this position are handed on. */
  readonly position: bigint;
  /** Nothing that came after the cursor is missing. */
  readonly recovered: boolean;
}

/**
 * Without a cursor a join begins at the head. With one it begins right after it, when the log is still the same and
 * reaches back to it; else with all that is kept and not `recovered`.
 */
export function resumePoint(head: LogHead, cursor: Pick<RoomCursor, "epoch" | "sequence"> | undefined): ResumePoint {
  if (cursor === undefined) return { position: head.sequence, recovered: true };
  if (cursor.epoch !== head.epoch) return { position: head.floor, recovered: false };
  // A position that was never given out cannot be told from one of another log.
  if (cursor.sequence > head.sequence) return { position: head.sequence, recovered: false };
  if (cursor.sequence < head.floor) return { position: head.floor, recovered: false };
  return { position: cursor.sequence, recovered: true };
}
