import type { Member, Presence, PresenceChange } from "./presence.ts";

interface Entry {
  readonly member: Member;
  joins: number;
}

/** Presence of one server, in memory. */
export class MemoryPresence implements Presence {
  readonly #rooms = new Map<string, Map<string, Entry>>();
  readonly #listeners = new Set<(change: PresenceChange) => void>();

  join(roomId: string, member: Member, maxUsers: number): boolean {
    const room = this.#rooms.get(roomId) ?? new Map<string, Entry>();
    const entry = room.get(member.userId);
    if (entry !== undefined) {
      entry.joins += 1;
      return true;
    }
    if (maxUsers > 0 && room.size >= maxUsers) return false;
    room.set(member.userId, { member, joins: 1 });
    this.#rooms.set(roomId, room);
    this.#tell({ type: "joined", roomId, member });
    return true;
  }

  leave(roomId: string, userId: string): void {
    const room = this.#rooms.get(roomId);
    const entry = room?.get(userId);
    if (room === undefined || entry === undefined) return;
    entry.joins -= 1;
    if (entry.joins > 0) return;
    room.delete(userId);
    if (room.size === 0) this.#rooms.delete(roomId);
    this.#tell({ type: "left", roomId, member: entry.member });
  }

  list(roomId: string): readonly Member[] {
    return Array.from(this.#rooms.get(roomId)?.values() ?? [], (entry) => entry.member);
  }

  watch(listener: (change: PresenceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: PresenceChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
