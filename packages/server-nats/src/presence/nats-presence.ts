import type { ConnectError } from "@connectrpc/connect";
import type { Member, Presence, PresenceChange } from "@im-sdk/server";
import type { NatsLink } from "../nats-link.ts";
import { tellEach } from "../tell-each.ts";
import { unavailable } from "../unavailable.ts";
import { type NatsPresenceOptions, resolveNatsPresenceOptions } from "./nats-presence-options.ts";
import { OwnMembers } from "./own-members.ts";
import { PresenceState } from "./presence-state.ts";
import { PresenceSync } from "./presence-sync.ts";
import { SessionLease } from "./session-lease.ts";
import { withDeadline } from "./with-deadline.ts";

/** Presence that all servers on one NATS share. */
export interface NatsPresence extends Presence {
  /** Calls back with false when NATS has not answered for a while, and with true when it does again. Returns what ends it. */
  watchAvailability(listener: (isAvailable: boolean) => void): () => void;
  /** Takes this server's users out of all rooms for the others, and stops; the connection stays open. */
  close(): Promise<void>;
}

/**
 * Presence in a JetStream key-value bucket. A server that dies takes its users out of their rooms, on all other servers, within
 * `leaseMs` and a third; `maxUsers` holds across all. While NATS is away, joins wait and are then refused as UNAVAILABLE, and
 * leaves are made good later. Resolves when the bucket has been read; rejects when NATS does not answer, and throws a RangeError
 * or TypeError for a wrong option. The link should be there again, after a break, within much less than `leaseMs`.
 */
export async function createNatsPresence(link: NatsLink, options: NatsPresenceOptions = {}): Promise<NatsPresence> {
  const presence = new BucketPresence(link, resolveNatsPresenceOptions(options));
  await presence.start();
  return presence;
}

class BucketPresence implements NatsPresence {
  readonly #joinTimeoutMs: number;
  readonly #listeners = new Set<(change: PresenceChange) => void>();
  readonly #state: PresenceState;
  readonly #own: OwnMembers;
  readonly #sync: PresenceSync;

  constructor(link: NatsLink, options: Required<NatsPresenceOptions>) {
    const lease = new SessionLease();
    this.#joinTimeoutMs = options.joinTimeoutMs;
    this.#state = new PresenceState({
      leaseMs: options.leaseMs,
      isOwn: (session) => lease.isOwn(session),
      tell: (change) => {
        tellEach(this.#listeners, change, (error) => {
          options.logger.error("who comes and goes could not be told", { room: change.roomId, error });
        });
      },
    });
    this.#own = new OwnMembers({
      state: this.#state,
      session: () => lease.session,
      bucket: () => this.#sync.bucket,
      seen: (revision) => this.#sync.seen(revision),
    });
    this.#sync = new PresenceSync({ link, options, lease, state: this.#state, own: this.#own });
  }

  start(): Promise<void> {
    return this.#sync.start();
  }

  async join(roomId: string, member: Member, maxUsers: number): Promise<boolean> {
    if (this.#sync.isClosed) throw unavailable("the server goes away");
    const own = this.#own.add(roomId, member, maxUsers);
    try {
      return await withDeadline(own.decided, this.#joinTimeoutMs, () => this.#late(roomId));
    } catch (error) {
      void this.#own.drop(own);
      throw error;
    }
  }

  async leave(roomId: string, userId: string): Promise<void> {
    const own = this.#own.find(roomId, userId);
    if (own !== undefined) await this.#own.drop(own);
  }

  list(roomId: string): readonly Member[] {
    return this.#state.list(roomId);
  }

  watch(listener: (change: PresenceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watchAvailability(listener: (isAvailable: boolean) => void): () => void {
    return this.#sync.availability.watch(listener);
  }

  close(): Promise<void> {
    return this.#sync.close();
  }

  #late(roomId: string): ConnectError {
    const what = `room "${roomId}" cannot be joined at the moment`;
    const why = `NATS has not answered within ${this.#joinTimeoutMs} ms; try again later`;
    return unavailable(`${what}: ${why}`);
  }
}
