import { createHash, randomBytes } from "node:crypto";

/** What a key of the bucket is of. */
export type PresenceKey =
  | { readonly type: "lease"; readonly session: string }
  | { readonly type: "entry"; readonly session: string };

/** An unguessable name for the time in which a server is known to the others without a break. */
export function newSession(): string {
  return randomBytes(12).toString("base64url");
}

/** The key that a session renews as long as it lives. */
export function leaseKey(session: string): string {
  return `lease.${session}`;
}

/** The key of a user who is in a room by a session; ids are any text, of any length. */
export function entryKey(session: string, roomId: string, userId: string): string {
  const hash = createHash("sha256").update(JSON.stringify([roomId, userId]));
  return `${entriesOf(session)}.${hash.digest("base64url")}`;
}

/** What the keys of all entries of a session begin with. */
export function entriesOf(session: string): string {
  return `member.${session}`;
}

/** Undefined when the key is none of ours. */
export function parseKey(key: string): PresenceKey | undefined {
  const [kind, session, hash, ...more] = key.split(".");
  if (session === undefined || more.length > 0) return undefined;
  if (kind === "lease" && hash === undefined) return { type: "lease", session };
  return kind === "member" && hash !== undefined ? { type: "entry", session } : undefined;
}
