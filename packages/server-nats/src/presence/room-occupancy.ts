import type { Member, PresenceChange } from "@im-sdk/server";
import type { PresenceEntry } from "./presence-event.ts";

interface Occupant {
  readonly member: Member;
  readonly sinceMs: number;
  readonly revision: number;
  /** The entries by which the user is in. */
  readonly keys: Set<string>;
}

/** Who is in which room by at least one entry; tells who comes and who goes. */
export class RoomOccupancy {
  readonly #tell: (change: PresenceChange) => void;
  readonly #rooms = new Map<string, Map<string, Occupant>>();

  constructor(tell: (change: PresenceChange) => void) {
    this.#tell = tell;
  }

  /** The room has no place for the entry: it has `maxUsers` others. */
  isFullFor({ roomId, member, maxUsers }: PresenceEntry): boolean {
    const room = this.#rooms.get(roomId);
    return maxUsers > 0 && room !== undefined && room.size >= maxUsers && !room.has(member.userId);
  }

  add({ key, roomId, member, sinceMs, revision }: PresenceEntry): void {
    const room = this.#rooms.get(roomId) ?? new Map<string, Occupant>();
    this.#rooms.set(roomId, room);
    const occupant = room.get(member.userId);
    if (occupant !== undefined) {
      occupant.keys.add(key);
      return;
    }
    room.set(member.userId, { member, sinceMs, revision, keys: new Set([key]) });
    this.#tell({ type: "joined", roomId, member });
  }

  remove({ key, roomId, member }: PresenceEntry): void {
    const room = this.#rooms.get(roomId);
    const occupant = room?.get(member.userId);
    if (room === undefined || occupant === undefined) return;
    if (!occupant.keys.delete(key) || occupant.keys.size > 0) return;
    room.delete(member.userId);
    if (room.size === 0) this.#rooms.delete(roomId);
    this.#tell({ type: "left", roomId, member: occupant.member });
  }

  /** In the order in which they came. */
  list(roomId: string): readonly Member[] {
    return [...(this.#rooms.get(roomId)?.values() ?? [])]
      .sort((a, b) => a.sinceMs - b.sinceMs || a.revision - b.revision)
      .map(({ member }) => member);
  }
}
