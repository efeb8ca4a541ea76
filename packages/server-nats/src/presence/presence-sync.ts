import type { Logger } from "@im-sdk/server";
import type { NatsConnection } from "@nats-io/transport-node";
import { Availability } from "../availability.ts";
import { BucketFeed } from "./bucket-feed.ts";
import type { NatsPresenceOptions } from "./nats-presence-options.ts";
import { OldMarkers } from "./old-markers.ts";
import type { OwnMembers } from "./own-members.ts";
import { isConflict, PresenceBucket } from "./presence-bucket.ts";
import type { PresenceEvent } from "./presence-event.ts";
import { leaseKey } from "./presence-keys.ts";
import type { PresenceState } from "./presence-state.ts";
import type { SessionLease } from "./session-lease.ts";
import { untoldLeases } from "./untold-leases.ts";

/** What {@link PresenceSync} is made of. */
export interface PresenceSyncOptions {
  readonly connection: NatsConnection;
  readonly options: Required<NatsPresenceOptions>;
  readonly lease: SessionLease;
  readonly state: PresenceState;
  readonly own: OwnMembers;
}

/** How soon NATS is tried again while it is away. */
const retryMs = 250;

/**
 * Keeps state and bucket the same: renews the lease, follows the history, ends sessions that are silent, and after every break
 * reads all anew.
 */
export class PresenceSync {
  readonly availability = new Availability();
  readonly #options: PresenceSyncOptions;
  readonly #logger: Logger;
  readonly #feed = new BucketFeed((event) => this.#apply(event));
  readonly #markers = new OldMarkers();
  #bucket: PresenceBucket | undefined;
  /** The revision that the feed has to have told by the next beat; undefined: all is to be read anew. */
  #due: number | undefined;
  #beating: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isConnected = true;
  #breaks = 0;
  #renewedAtMs = 0;

  constructor(options: PresenceSyncOptions) {
    this.#options = options;
    this.#logger = options.options.logger;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Throws while NATS is away. */
  get bucket(): PresenceBucket {
    if (this.#bucket === undefined || this.#isClosed || !this.#isConnected) throw new Error("NATS is away");
    return this.#bucket;
  }

  /** Reads all for the first time; rejects when that fails. */
  async start(): Promise<void> {
    try {
      await this.#readAnew();
    } catch (error) {
      this.#feed.stop();
      throw error;
    }
    this.#schedule(this.#options.options.leaseMs / 3);
    this.#followConnection().catch(() => {});
  }

  /** Resolves when the state has come to this revision, or has not for a while. */
  seen(revision: number): Promise<void> {
    return this.#feed.reached(revision);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#beating;
    this.#feed.stop();
    const bucket = this.#bucket;
    if (bucket === undefined || this.#due === undefined) return;
    // Whoever cannot be told finds out by the lease.
    await this.#options.lease.end(bucket).catch((error: unknown) => {
      this.#logger.debug("NATS could not be told that this server goes away", { error });
    });
  }

  async #followConnection(): Promise<void> {
    for await (const { type } of this.#options.connection.status()) {
      if (this.#isClosed) return;
      if (type !== "disconnect" && type !== "reconnect") continue;
      this.#isConnected = type === "reconnect";
      this.#breaks += 1;
      this.#due = undefined;
      this.#schedule(0);
    }
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#beating = this.#beating.then(() => this.#beat());
    }, delayMs).unref();
  }

  async #beat(): Promise<void> {
    if (this.#isClosed) return;
    const begunAtMs = performance.now();
    try {
      if (this.#due === undefined) await this.#readAnew();
      else await this.#goOn(this.#due);
      this.availability.report(true, begunAtMs);
      this.#schedule(this.#options.options.leaseMs / 3);
    } catch (error) {
      this.#logger.debug("NATS does not keep presence at the moment", { error });
      this.#due = undefined;
      this.availability.report(false, performance.now(), begunAtMs);
      this.#schedule(retryMs);
    }
  }

  async #goOn(due: number): Promise<void> {
    const { lease, state, own } = this.#options;
    if (this.#feed.revision < due) throw new Error("NATS has told no news of the bucket");
    const { revision, isNew } = await lease.renew(this.bucket);
    if (isNew) throw new Error("this server was taken for dead");
    this.#due = revision;
    const nowMs = performance.now();
    // Who is late cannot tell whether others are.
    if (nowMs - this.#renewedAtMs > (2 / 3) * this.#options.options.leaseMs) state.pardon(nowMs);
    this.#renewedAtMs = nowMs;
    for (const { session, revision } of state.silentSessions(nowMs)) await this.#endSession(session, revision);
    state.expire(nowMs);
    if (own.isBehind) own.restore();
    void this.#markers.erase(this.bucket, nowMs);
  }

  /** Only if the session has not renewed its lease after all. */
  async #endSession(session: string, revision: number): Promise<void> {
    try {
      await this.bucket.delete(leaseKey(session), revision);
      this.#logger.warn("a server is gone; its users have left their rooms", { session });
    } catch (error) {
      if (isConflict(error)) return;
      throw error;
    }
    await this.bucket.sweep(session);
  }

  async #readAnew(): Promise<void> {
    const { connection, options, lease, state, own } = this.#options;
    // What is asked without a connection is answered by nobody.
    if (!this.#isConnected) throw new Error("NATS cannot be reached");
    const breaks = this.#breaks;
    this.#markers.clear();
    const bucket = await PresenceBucket.open(connection, options);
    this.#bucket = bucket;
    await this.#feed.open(bucket);
    // The history up to this renewal is all that there was.
    const { revision } = await lease.renew(bucket);
    const leases = await untoldLeases(await this.#feed.load(revision), (key) => bucket.revisionOf(key));
    if (breaks !== this.#breaks) throw new Error("the connection broke while the bucket was read");
    // Nothing may be told between this and the load.
    const events = [...leases, ...this.#feed.take()];
    const nowMs = performance.now();
    this.#renewedAtMs = nowMs;
    for (const event of events) this.#noteMarker(event, nowMs);
    const left = state.load(events, nowMs);
    this.#due = revision;
    own.restore();
    for (const session of left) await bucket.sweep(session);
  }

  #apply(event: PresenceEvent): void {
    const { state, own } = this.#options;
    const nowMs = performance.now();
    this.#noteMarker(event, nowMs);
    state.apply(event, nowMs);
    if (event.type !== "entered") return;
    const { roomId, member } = event.entry;
    if (this.#options.lease.isOwn(event.session)) own.see(event.key, roomId, member.userId);
  }

  #noteMarker({ type, session, revision }: PresenceEvent, nowMs: number): void {
    if (type === "ended" || (type === "left" && this.#options.lease.isOwn(session)))
      this.#markers.note(revision, nowMs);
  }
}
