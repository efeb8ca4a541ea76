import type { LeaseEvent, PresenceEvent } from "./presence-event.ts";
import { leaseKey } from "./presence-keys.ts";

/**
 * The leases of sessions of which the history has told entries so far, and no lease. A lease that is renewed while the history is
 * read is told only afterwards, since the bucket keeps but the newest; without it, a session that lives would be taken for dead.
 */
export async function untoldLeases(
  told: readonly PresenceEvent[],
  revisionOf: (key: string) => Promise<number | undefined>,
): Promise<readonly LeaseEvent[]> {
  const known = new Set<string>();
  const leases: LeaseEvent[] = [];
  // More may be told meanwhile.
  for (;;) {
    for (const { type, session } of told) if (type === "renewed" || type === "ended") known.add(session);
    const session = told.find((event) => !known.has(event.session))?.session;
    if (session === undefined) return leases;
    known.add(session);
    const key = leaseKey(session);
    const revision = await revisionOf(key);
    if (revision !== undefined) leases.push({ type: "renewed", key, session, revision });
  }
}
