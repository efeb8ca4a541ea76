import { type ContextKey, createContextKey } from "@connectrpc/connect";
import type { ClientStream } from "../stream/client-stream.ts";

/** A room that a user joined by a unary call before it had a stream. */
export interface DetachedMembership {
  readonly userId: string;
  readonly roomId: string;
  readonly nickname: string;
  /** Where the stream that picks it up begins: nothing that came after the join is missed. */
  readonly epoch: string;
  readonly position: bigint;
}

/** What the server keeps for one HTTP/2 session: the session's streams, and the joins that wait for a stream. */
export class Connection {
  readonly streams = new Set<ClientStream>();
  readonly #detached = new Map<string, Map<string, DetachedMembership>>();
  /** When too many joins wait: forget the oldest, rather than refuse the next. */
  readonly forgetsOldest: boolean;
  #detachedCount = 0;
  /** The session has closed. */
  closed = false;

  constructor(options: { forgetsOldest?: boolean } = {}) {
    this.forgetsOldest = options.forgetsOldest ?? false;
  }

  get detachedCount(): number {
    return this.#detachedCount;
  }

  streamsOf(userId: string): ClientStream[] {
    return [...this.streams].filter((stream) => stream.userId === userId);
  }

  detachedOf(userId: string): DetachedMembership[] {
    return [...(this.#detached.get(userId)?.values() ?? [])];
  }

  allDetached(): DetachedMembership[] {
    return [...this.#detached.keys()].flatMap((userId) => this.detachedOf(userId));
  }

  findDetached(userId: string, roomId: string): DetachedMembership | undefined {
    return this.#detached.get(userId)?.get(roomId);
  }

  /** One of the user whose joins have waited longest. */
  oldestDetached(): DetachedMembership | undefined {
    for (const rooms of this.#detached.values()) for (const membership of rooms.values()) return membership;
    return undefined;
  }

  setDetached(membership: DetachedMembership): void {
    const rooms = this.#detached.get(membership.userId) ?? new Map<string, DetachedMembership>();
    if (!rooms.has(membership.roomId)) this.#detachedCount += 1;
    rooms.set(membership.roomId, membership);
    this.#detached.set(membership.userId, rooms);
  }

  /** False when there was none. */
  deleteDetached(userId: string, roomId: string): boolean {
    const rooms = this.#detached.get(userId);
    if (rooms?.delete(roomId) !== true) return false;
    this.#detachedCount -= 1;
    if (rooms.size === 0) this.#detached.delete(userId);
    return true;
  }
}

/** What the listener tells the handlers of a call about the transport below it. */
export interface Transport {
  readonly connection: Connection;
  /** The client has not reset the stream: a request that has ended is whole. */
  readonly isOpen: () => boolean;
  /** Cuts this call's HTTP/2 stream. */
  readonly reset: () => void;
}

/** Where handlers find the {@link Transport}; undefined in an app that has its own HTTP/2 server. */
export const transportKey: ContextKey<Transport | undefined> = createContextKey<Transport | undefined>(undefined, {
  description: "im transport",
});
