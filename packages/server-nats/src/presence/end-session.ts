import { isApiError } from "../api-error.ts";
import type { PresenceBucket } from "./presence-bucket.ts";
import { leaseKey } from "./presence-keys.ts";
import type { SilentSession } from "./presence-state.ts";

/** Ends a session for all servers, and removes what it has written; returns false when it has renewed its lease after all. */
export async function endSession(bucket: PresenceBucket, { session, revision }: SilentSession): Promise<boolean> {
  try {
    await bucket.delete(leaseKey(session), revision);
  } catch (error) {
    if (isApiError(error, "conflict")) return false;
    throw error;
  }
  await bucket.sweep(session);
  return true;
}
