import type { Gap, RoomPosition } from "@im-sdk/core";

type Extent = Pick<Gap, "after" | "upTo">;

/**
 * Whether a message of this position is among those that a gap said may be missing. `visited` are the epochs that its receiver
 * was in.
 */
export function covers(gap: Extent, position: RoomPosition, visited: ReadonlySet<string>): boolean {
  const { after, upTo } = gap;
  const { epoch, sequence } = position;
  if (upTo === undefined) return true;
  const isPastBegin = after?.epoch !== epoch || sequence > after.sequence;
  if (epoch === upTo.epoch) return isPastBegin && sequence <= upTo.sequence;
  if (after === undefined || after.epoch === upTo.epoch) return false;
  // From one log to another: the end of the first, and all of any that came and went in between.
  return epoch === after.epoch ? isPastBegin : !visited.has(epoch);
}
