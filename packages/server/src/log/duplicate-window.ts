import { RememberedIds, type StoredPosition } from "./remembered-ids.ts";

/** Bounds of a {@link DuplicateWindow}. */
export interface DuplicateWindowOptions {
  /** How long an id is remembered at the least, in ms. */
  readonly windowMs: number;
  /** Ids of one user at the most; the user's oldest are forgotten first. */
  readonly maxIdsPerUser: number;
}

/**
 * Remembers where the messages of a room were stored, by user and id: for the window, and for as long as the message itself is
 * kept. Every user has a bound of their own, so that nobody can make a room forget the ids of others.
 */
export class DuplicateWindow {
  readonly #options: DuplicateWindowOptions;
  readonly #users = new Map<string, RememberedIds>();

  constructor(options: DuplicateWindowOptions) {
    this.#options = options;
  }

  /** Ids that are remembered, of all users. */
  get size(): number {
    let size = 0;
    for (const ids of this.#users.values()) size += ids.size;
    return size;
  }

  /** The position of the user's first message with this id. Messages up to `floor` are no longer kept. */
  find(userId: string, id: string, nowMs: number, floor: bigint): StoredPosition | undefined {
    const ids = this.#users.get(userId);
    if (ids === undefined) return undefined;
    // Those of other users can wait for `prune`: an append must not cost more because many users are in the room.
    this.#forgetOld(userId, ids, nowMs, floor);
    return ids.find(id);
  }

  /** Remembers an id by a position. Positions and times of a room come in their order. */
  remember(userId: string, id: string, position: StoredPosition): void {
    const ids = this.#users.get(userId) ?? new RememberedIds();
    this.#users.set(userId, ids);
    ids.add(id, position);
    // The oldest may be an earlier position of an id that was stored again: forgetting that makes no place.
    while (ids.size > this.#options.maxIdsPerUser) ids.forgetOldest();
  }

  /** Forgets the ids of all users that are older than the window and whose message, at or below `floor`, has left. */
  prune(nowMs: number, floor: bigint): void {
    for (const [userId, ids] of this.#users) this.#forgetOld(userId, ids, nowMs, floor);
  }

  #forgetOld(userId: string, ids: RememberedIds, nowMs: number, floor: bigint): void {
    for (let oldest = ids.oldest(); oldest !== undefined; oldest = ids.oldest()) {
      if (oldest.sequence > floor || nowMs - oldest.timestampMs < this.#options.windowMs) return;
      ids.forgetOldest();
    }
    this.#users.delete(userId);
  }
}
