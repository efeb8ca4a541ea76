import type { RoomPosition } from "./gap.ts";
import type { RoomProgress } from "./room-progress.ts";

/** How far a room has been read. */
export interface Cursor {
  epoch: string;
  /** What was received. */
  sequence: bigint;
  /** Whatever did not come up to this sequence has been reported as missing. */
  reportedUpTo: bigint;
  progress: RoomProgress;
  /** Of an earlier process, or set aside, until the room is joined. */
  isRestored: boolean;
  /** The log no longer reaches back to what is to come again; its next message tells how far it does. */
  isCutBefore: boolean;
  toldMove: RoomPosition | undefined;
}

export function positionOf({ epoch, sequence }: RoomPosition): RoomPosition {
  return { epoch, sequence };
}

/** Up to here nothing is to come again. */
export function readPosition({ epoch, sequence, progress }: Cursor): RoomPosition {
  return { epoch, sequence: progress.readUpTo ?? sequence };
}
