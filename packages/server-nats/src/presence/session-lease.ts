import { isApiError } from "../api-error.ts";
import type { PresenceBucket } from "./presence-bucket.ts";
import { leaseKey, newSession } from "./presence-keys.ts";

/** The life of this server in the bucket: one key, renewed again and again, whatever the number of users. */
export class SessionLease {
  readonly #sessions = new Set<string>();
  #session = "";
  #revision: number | undefined;

  /** The session under which this server writes. */
  get session(): string {
    return this.#session;
  }

  /** The session is this server's, or was. */
  isOwn(session: string): boolean {
    return this.#sessions.has(session);
  }

  /**
   * Renews the lease, or begins a new session when others have ended the old one or NATS has lost it. Resolves with the revision
   * of the renewal, and whether the session is a new one.
   */
  async renew(bucket: PresenceBucket): Promise<{ readonly revision: number; readonly isNew: boolean }> {
    if (this.#revision !== undefined) {
      try {
        this.#revision = await bucket.put(leaseKey(this.#session), "", this.#revision);
        return { revision: this.#revision, isNew: false };
      } catch (error) {
        if (!isApiError(error, "conflict")) throw error;
      }
      // A renewal that was stored without an answer is still ours.
      const stored = await bucket.revisionOf(leaseKey(this.#session));
      if (stored !== undefined) {
        this.#revision = await bucket.put(leaseKey(this.#session), "", stored);
        return { revision: this.#revision, isNew: false };
      }
    }
    this.#revision = undefined;
    this.#session = newSession();
    this.#sessions.add(this.#session);
    this.#revision = await bucket.put(leaseKey(this.#session), "", 0);
    return { revision: this.#revision, isNew: true };
  }

  /** Ends the session for all others, and removes what it has written. */
  async end(bucket: PresenceBucket): Promise<void> {
    if (this.#revision === undefined) return;
    this.#revision = undefined;
    await bucket.delete(leaseKey(this.#session));
    await bucket.sweep(this.#session);
  }
}
