import type { Link } from "../connection/link.ts";

/** Rooms whose messages on a stream are dropped, until the answer to a join that asks for them again has come on it. */
export class LaggingRooms {
  readonly #rooms = new WeakMap<Link, Set<string>>();

  has(link: Link, roomId: string): boolean {
    return this.#rooms.get(link)?.has(roomId) ?? false;
  }

  add(link: Link, roomId: string): void {
    const rooms = this.#rooms.get(link) ?? new Set();
    rooms.add(roomId);
    this.#rooms.set(link, rooms);
  }

  delete(link: Link, roomId: string): void {
    this.#rooms.get(link)?.delete(roomId);
  }
}
