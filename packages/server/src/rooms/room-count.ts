/** In how many rooms each user is; a user may be in one room by several streams. */
export class RoomCount {
  readonly #joins = new Map<string, Map<string, number>>();

  /** Rooms of the user other than `exceptRoomId`. */
  roomsOf(userId: string, exceptRoomId: string): number {
    const rooms = this.#joins.get(userId);
    return rooms === undefined ? 0 : rooms.size - (rooms.has(exceptRoomId) ? 1 : 0);
  }

  add(userId: string, roomId: string): void {
    const rooms = this.#joins.get(userId) ?? new Map<string, number>();
    rooms.set(roomId, (rooms.get(roomId) ?? 0) + 1);
    this.#joins.set(userId, rooms);
  }

  remove(userId: string, roomId: string): void {
    const rooms = this.#joins.get(userId);
    const joins = rooms?.get(roomId);
    if (rooms === undefined || joins === undefined) return;
    if (joins > 1) rooms.set(roomId, joins - 1);
    else rooms.delete(roomId);
    if (rooms.size === 0) this.#joins.delete(userId);
  }
}
