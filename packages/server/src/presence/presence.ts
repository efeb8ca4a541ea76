import type { MaybePromise } from "../maybe-promise.ts";

/** A user who is in a room. */
export interface Member {
  readonly userId: string;
  /** Name for people; empty when none was given. */
  readonly nickname: string;
  /** When the first of the user's streams joined, in ms since the Unix epoch. */
  readonly joinedAtMs: number;
}

/** A user's first stream joined a room, or the last one left it. */
export interface PresenceChange {
  readonly type: "joined" | "left";
  readonly roomId: string;
  readonly member: Member;
}

/**
 * Who is in which room. A user is in a room as often as it joined without leaving, once for each stream; only the first
 * join and the last leave are changes.
 */
export interface Presence {
  /** False when the room has `maxUsers` (0: no limit) other users already; a user who is in does not count twice. */
  join(roomId: string, member: Member, maxUsers: number): MaybePromise<boolean>;

  /** Ends one join; without one it does nothing. */
  leave(roomId: string, userId: string): MaybePromise<void>;

  /** Everyone who is in, in the order in which they came. */
  list(roomId: string): MaybePromise<readonly Member[]>;

  /** Calls back on every change, by whichever server. Returns what ends it. */
  watch(listener: (change: PresenceChange) => void): () => void;
}
