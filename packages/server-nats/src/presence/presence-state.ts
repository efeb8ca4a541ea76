import type { Member, PresenceChange } from "@im-sdk/server";
import type { PresenceEntry, PresenceEvent } from "./presence-event.ts";
import { RoomOccupancy } from "./room-occupancy.ts";

/**
 * - `in`: counts
 * - `waiting`: the room was full when the entry came. Whoever wrote it takes it back; one that stays was let in by a server that
 *   knew better
 * - `missing`: the bucket has lost it. It counts until its server had time to write it again
 */
type Standing = "in" | "waiting" | "missing";

/** An entry with what it counts for. */
export interface StandingEntry {
  readonly entry: PresenceEntry;
  readonly standing: Standing;
  /** When it stops waiting or missing. */
  readonly untilMs: number;
}

/** A session that has not been heard of for too long. */
export interface SilentSession {
  readonly session: string;
  /** Of its last renewal that was seen. */
  readonly revision: number;
}

/** What {@link PresenceState} is made of. */
export interface PresenceStateOptions {
  readonly leaseMs: number;
  readonly tell: (change: PresenceChange) => void;
  /** The session is, or was, this server's own: what is told of its end is no news of its users. */
  readonly isOwn: (session: string) => boolean;
}

/**
 * Presence as the bucket's history makes it. Every server works through the same history, so that all agree on who had the last
 * place in a room.
 */
export class PresenceState {
  readonly #options: PresenceStateOptions;
  readonly #rooms: RoomOccupancy;
  readonly #entries = new Map<string, StandingEntry>();
  /** Sessions whose end was seen: a session never comes back. */
  readonly #ended = new Set<string>();
  #leases = new Map<string, { readonly revision: number; readonly seenAtMs: number }>();
  #renewedAtMs = 0;

  constructor(options: PresenceStateOptions) {
    this.#options = options;
    this.#rooms = new RoomOccupancy(options.tell);
  }

  /**
   * The bucket has gone on. An entry of a session that has ended is none; one of a session that was never heard of shows that
   * something was missed: then it returns false.
   */
  apply(event: PresenceEvent, nowMs: number): boolean {
    const { type, session, revision } = event;
    if (type === "entered") {
      if (!this.#leases.has(session)) return this.#ended.has(session);
      this.#put(event.entry, nowMs);
    } else if (type === "left") this.#remove(event.key);
    else if (type === "ended") this.#end(session, nowMs);
    else this.#leases.set(session, { revision, seenAtMs: nowMs });
    return true;
  }

  /**
   * This server has renewed its own lease. One that is late with that, or behind the bucket, cannot tell whether others are: then
   * every session has its full time again.
   */
  renewed(nowMs: number, isBehind: boolean): void {
    const isLate = isBehind || nowMs - this.#renewedAtMs > (2 / 3) * this.#options.leaseMs;
    this.#renewedAtMs = nowMs;
    if (!isLate) return;
    for (const [session, { revision }] of this.#leases) this.#leases.set(session, { revision, seenAtMs: nowMs });
  }

  /**
   * All that the bucket holds, after a time in which it may have been away. Every session has its full time again, and what is
   * not there any more is missing. Returns the sessions that have left something behind.
   */
  load(events: readonly PresenceEvent[], nowMs: number): ReadonlySet<string> {
    this.#renewedAtMs = nowMs;
    this.#leases = new Map();
    for (const event of events) if (event.type === "renewed" || event.type === "ended") this.apply(event, nowMs);
    for (const key of this.#entries.keys()) this.#miss(key, nowMs);
    const left = new Set<string>();
    for (const event of events) {
      if (event.type === "renewed" || event.type === "ended") continue;
      if (this.#leases.has(event.session)) this.apply(event, nowMs);
      else left.add(event.session);
    }
    for (const session of left) this.#ended.add(session);
    return left;
  }

  /** Lets go of what was missing, and lets in what was waiting, for too long. */
  expire(nowMs: number): void {
    for (const [key, { entry, standing, untilMs }] of this.#entries) {
      if (standing === "in" || nowMs < untilMs) continue;
      if (standing === "missing") this.#remove(key);
      else this.#letIn(entry);
    }
  }

  silentSessions(nowMs: number): readonly SilentSession[] {
    return [...this.#leases]
      .filter(([session, { seenAtMs }]) => nowMs - seenAtMs > this.#options.leaseMs && !this.#options.isOwn(session))
      .map(([session, { revision }]) => ({ session, revision }));
  }

  find(key: string): StandingEntry | undefined {
    return this.#entries.get(key);
  }

  /** The entries of a session. */
  entriesOf(session: string): readonly StandingEntry[] {
    return [...this.#entries.values()].filter(({ entry }) => entry.session === session);
  }

  list(roomId: string): readonly Member[] {
    return this.#rooms.list(roomId);
  }

  #put(entry: PresenceEntry, nowMs: number): void {
    const known = this.#entries.get(entry.key);
    const counts = known !== undefined && known.standing !== "waiting";
    if (counts || !this.#rooms.isFullFor(entry)) this.#letIn(entry);
    else this.#entries.set(entry.key, { entry, standing: "waiting", untilMs: nowMs + this.#options.leaseMs });
  }

  #letIn(entry: PresenceEntry): void {
    this.#entries.set(entry.key, { entry, standing: "in", untilMs: 0 });
    this.#rooms.add(entry);
  }

  #remove(key: string): void {
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    if (known !== undefined && known.standing !== "waiting") this.#rooms.remove(known.entry);
  }

  #end(session: string, nowMs: number): void {
    this.#leases.delete(session);
    this.#ended.add(session);
    for (const [key, { entry }] of this.#entries) {
      if (entry.session !== session) continue;
      if (this.#options.isOwn(session)) this.#miss(key, nowMs);
      else this.#remove(key);
    }
  }

  #miss(key: string, nowMs: number): void {
    const known = this.#entries.get(key);
    if (known?.standing === "waiting") this.#entries.delete(key);
    if (known?.standing !== "in") return;
    this.#entries.set(key, { ...known, standing: "missing", untilMs: nowMs + 2 * this.#options.leaseMs });
  }
}
