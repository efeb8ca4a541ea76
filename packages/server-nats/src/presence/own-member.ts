import type { Member } from "@im-sdk/server";
import type { EntryValue } from "./presence-event.ts";
import type { StandingEntry } from "./presence-state.ts";

/** A user who is in a room, or wants to be, by streams of this server. */
export class OwnMember {
  readonly roomId: string;
  readonly member: Member;
  /** Joins that have not left. */
  joins = 0;
  /** Of the entry that stands for the user, once NATS has it; undefined when it is to be written. */
  revision: number | undefined;
  readonly #maxUsers: number;
  readonly #decision = Promise.withResolvers<boolean>();
  #sinceMs: number | undefined;

  constructor(roomId: string, member: Member, maxUsers: number) {
    this.roomId = roomId;
    this.member = member;
    this.#maxUsers = maxUsers;
  }

  /** The user has a place in the room, or has none. */
  get decided(): Promise<boolean> {
    return this.#decision.promise;
  }

  /** What is written of the user; whoever is in stays in, at the same place in the order. */
  get value(): EntryValue {
    const { roomId, member } = this;
    if (this.#sinceMs === undefined) return { roomId, member, maxUsers: this.#maxUsers };
    return { roomId, member, maxUsers: 0, sinceMs: this.#sinceMs };
  }

  /** Takes note of how the entry stands. Returns false when it has no place. */
  see(standing: StandingEntry | undefined): boolean {
    if (this.#sinceMs !== undefined || this.revision === undefined || standing === undefined) return true;
    if (standing.entry.revision < this.revision) return true;
    const isIn = standing.standing !== "waiting";
    if (isIn) this.#sinceMs = standing.entry.sinceMs;
    this.#decision.resolve(isIn);
    return isIn;
  }
}
