import type { Member } from "@im-sdk/server";
import type { Msg } from "@nats-io/transport-node";
import type { Fed } from "../ordered-feed.ts";
import { exactTimeMs } from "../stored-message.ts";
import { parseKey } from "./presence-keys.ts";

/** A user who is in a room by a session. */
export interface PresenceEntry {
  readonly key: string;
  readonly session: string;
  readonly roomId: string;
  readonly member: Member;
  /** How many users the room takes, as the session that wrote the entry knows; 0: no limit. */
  readonly maxUsers: number;
  /** By the clock of NATS, which is one for all servers, to the microsecond: when the user came. */
  readonly sinceMs: number;
  readonly revision: number;
}

/** What a session writes of a user. */
export interface EntryValue {
  readonly roomId: string;
  readonly member: Member;
  readonly maxUsers: number;
  /** Left out the first time: NATS knows. */
  readonly sinceMs?: number | undefined;
}

interface KeyEvent {
  readonly key: string;
  readonly session: string;
  readonly revision: number;
}

/** A session lives, or has ended. */
export interface LeaseEvent extends KeyEvent {
  readonly type: "renewed" | "ended";
}

/** A user of a session has left a room. */
export interface LeftEvent extends KeyEvent {
  readonly type: "left";
}

/** A user has come into a room by a session. */
export interface EnteredEvent extends KeyEvent {
  readonly type: "entered";
  readonly entry: PresenceEntry;
}

/** What the bucket tells, in the one order that holds for all servers. */
export type PresenceEvent = LeaseEvent | LeftEvent | EnteredEvent;

export function encodeEntry(value: EntryValue): string {
  return JSON.stringify(value);
}

/** What a change of a key says; undefined for what is not ours. */
export function toPresenceEvent(key: string, { message, sequence }: Fed): PresenceEvent | undefined {
  const parsed = parseKey(key);
  if (parsed === undefined) return undefined;
  const { session } = parsed;
  const revision = Number(sequence);
  const isPut = !message.headers?.has("KV-Operation");
  if (parsed.type === "lease") return { type: isPut ? "renewed" : "ended", key, session, revision };
  if (!isPut) return { type: "left", key, session, revision };
  const value = decodeEntry(message);
  if (value === undefined) return undefined;
  const sinceMs = value.sinceMs ?? exactTimeMs(message.reply ?? "");
  return { type: "entered", key, session, revision, entry: { ...value, key, session, sinceMs, revision } };
}

function decodeEntry(message: Msg): EntryValue | undefined {
  try {
    const value = message.json<Partial<EntryValue> | null>();
    const { roomId, member, maxUsers, sinceMs } = value ?? {};
    if (typeof roomId !== "string" || typeof member?.userId !== "string" || typeof maxUsers !== "number")
      return undefined;
    return { roomId, member, maxUsers, sinceMs };
  } catch {
    return undefined;
  }
}
