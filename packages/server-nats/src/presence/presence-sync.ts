import type { Logger } from "@im-sdk/server";
import { Availability } from "../availability.ts";
import type { NatsLink, StreamWatcher } from "../nats-link.ts";
import { BucketFeed } from "./bucket-feed.ts";
import { endSession } from "./end-session.ts";
import { FeedProgress } from "./feed-progress.ts";
import type { NatsPresenceOptions } from "./nats-presence-options.ts";
import { OldMarkers } from "./old-markers.ts";
import type { OwnMembers } from "./own-members.ts";
import { bucketStream, PresenceBucket } from "./presence-bucket.ts";
import type { PresenceEvent } from "./presence-event.ts";
import type { PresenceState } from "./presence-state.ts";
import type { SessionLease } from "./session-lease.ts";

/** What {@link PresenceSync} is made of. */
export interface PresenceSyncOptions {
  readonly link: NatsLink;
  readonly options: Required<NatsPresenceOptions>;
  readonly lease: SessionLease;
  readonly state: PresenceState;
  readonly own: OwnMembers;
}

/** How soon NATS is tried again while it is away, and how late at the most. */
const retryMs = 250;
const maxRetryMs = 2_000;
/** What takes longer than this counts as away, though it may still succeed. */
const lateMs = 3_000;

/**
 * Keeps state and bucket the same: renews the lease, follows the history, ends sessions that are silent, and reads all anew when
 * anything of it may have been missed.
 */
export class PresenceSync implements StreamWatcher {
  readonly stream: string;
  readonly availability: Availability;
  readonly #options: PresenceSyncOptions;
  readonly #logger: Logger;
  readonly #feed: BucketFeed;
  readonly #progress = new FeedProgress();
  readonly #markers = new OldMarkers();
  #bucket: PresenceBucket | undefined;
  #isStale = true;
  /** The revision that the feed should have told by the next beat. */
  #due = 0;
  #beating: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #readAtMs = 0;
  #isClosed = false;

  constructor(options: PresenceSyncOptions) {
    this.#options = options;
    this.#logger = options.options.logger;
    this.availability = new Availability((error) => {
      this.#logger.error("whether NATS is there could not be told", { error });
    });
    this.stream = bucketStream(options.options.bucket);
    this.#feed = new BucketFeed({ onChange: (event) => this.#apply(event), onLost: () => this.onDisturbed() });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Throws while NATS is away. */
  get bucket(): PresenceBucket {
    if (this.#bucket === undefined || this.#isClosed || !this.#options.link.isUp) throw new Error("NATS is away");
    return this.#bucket;
  }

  /** Reads all for the first time; rejects when that fails. */
  async start(): Promise<void> {
    this.#options.link.watch(this);
    const reading = this.#readAnew();
    this.#beating = reading.catch(() => {});
    try {
      await reading;
    } catch (error) {
      this.#stop();
      throw error;
    }
    this.#goOnLater();
  }

  /** All is to be read anew. */
  onDisturbed(): void {
    this.#isStale = true;
    this.#schedule(Math.max(this.#readAtMs + retryMs - performance.now(), 0));
  }

  /** Resolves when the state has come to this revision, or has not for a while. */
  seen(revision: number): Promise<void> {
    return this.#feed.reached(revision);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#stop();
    await this.#beating;
    this.#feed.stop();
    const { link, lease } = this.#options;
    if (this.#bucket === undefined || !link.isUp) return;
    // Whoever cannot be told finds out by the lease.
    await lease.end(this.#bucket).catch((error: unknown) => {
      this.#logger.debug("NATS could not be told that this server goes away", { error });
    });
  }

  #stop(): void {
    this.#isClosed = true;
    this.#options.link.unwatch(this);
    clearTimeout(this.#timer);
    this.#feed.stop();
  }

  #goOnLater(): void {
    if (this.#isStale) this.onDisturbed();
    else this.#schedule(this.#options.options.leaseMs / 3);
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
    const late = setTimeout(() => this.availability.report(false, performance.now(), begunAtMs), lateMs);
    try {
      if (this.#isStale) await this.#readAnew();
      else await this.#goOn();
      this.#failures = 0;
      this.availability.report(true, begunAtMs);
      this.#goOnLater();
    } catch (error) {
      this.#logger.debug("NATS does not keep presence at the moment", { error });
      this.#isStale = true;
      this.availability.report(false, performance.now(), begunAtMs);
      this.#schedule(Math.min(retryMs * 2 ** this.#failures, maxRetryMs));
      this.#failures += 1;
    } finally {
      clearTimeout(late);
    }
  }

  async #goOn(): Promise<void> {
    const { lease, state, own } = this.#options;
    const isLate = this.#progress.isLate(this.#feed.revision, this.#due, performance.now());
    const { revision, isNew } = await lease.renew(this.bucket);
    if (isNew) throw new Error("this server was taken for dead");
    this.#due = revision;
    const nowMs = performance.now();
    state.renewed(nowMs, isLate);
    for (const silent of state.silentSessions(nowMs)) {
      if (!(await endSession(this.bucket, silent))) continue;
      this.#logger.warn("a server is gone; its users have left their rooms", { session: silent.session });
    }
    state.expire(nowMs);
    if (own.isBehind) own.restore();
    void this.#markers.erase(this.bucket, nowMs);
  }

  async #readAnew(): Promise<void> {
    const { link, options, lease, state, own } = this.#options;
    // What is asked without a connection is answered by nobody.
    if (!link.isUp) throw new Error("NATS cannot be reached");
    this.#isStale = false;
    this.#readAtMs = performance.now();
    this.#markers.clear();
    const bucket = await PresenceBucket.open(link, options);
    this.#bucket = bucket;
    const opening = this.#feed.open(bucket);
    // A cluster that elects its leader has no feeds meanwhile, for longer than a lease; the lease can be renewed.
    while (!(await isDoneWithin(opening, options.leaseMs / 3))) await lease.renew(bucket).catch(() => {});
    // The history up to this renewal is all that there was.
    const { revision } = await lease.renew(bucket);
    await this.#feed.load(revision, (key) => bucket.revisionOf(key));
    // Nothing may be told between this and the load.
    const events = this.#feed.take();
    const nowMs = performance.now();
    for (const event of events) this.#noteMarker(event, nowMs);
    const left = state.load(events, nowMs);
    this.#due = revision;
    this.#progress.reset(this.#feed.revision);
    own.restore();
    for (const session of left) await bucket.sweep(session);
  }

  #apply(event: PresenceEvent): void {
    const { state, own } = this.#options;
    const nowMs = performance.now();
    this.#noteMarker(event, nowMs);
    if (!state.apply(event, nowMs)) this.onDisturbed();
    if (event.type !== "entered") return;
    const { roomId, member } = event.entry;
    if (this.#options.lease.isOwn(event.session)) own.see(event.key, roomId, member.userId);
  }

  #noteMarker({ type, session, revision }: PresenceEvent, nowMs: number): void {
    if (type === "ended" || (type === "left" && this.#options.lease.isOwn(session)))
      this.#markers.note(revision, nowMs);
  }
}

/** Whether a promise resolves within some time; rejects when it does. */
async function isDoneWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms).unref();
  return Promise.race([promise.then(() => true), late.promise]).finally(() => clearTimeout(timer));
}
