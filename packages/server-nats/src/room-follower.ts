import type { Clock } from "@im-sdk/contracts";
import type { Logger } from "@im-sdk/server";
import type { NatsLink, StreamWatcher } from "./nats-link.ts";
import { type Fed, OrderedFeed } from "./ordered-feed.ts";
import type { Incarnation, RoomStream } from "./room-stream.ts";
import { inTime } from "./try-servers.ts";

const maxBackoffMs = 2_000;
/** How long those who ask something wait for the stream to be followed again. */
const patienceMs = 5_000;

/** How long a new leader of a cluster may take to have all that the last one had, before it counts as lost. */
const catchUpMs = 2_000;

/** What a {@link RoomFollower} is made of. */
export interface RoomFollowerParts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly roomId: string;
  readonly stream: RoomStream;
  /** The stream is followed, in `incarnation` and after `position`. */
  readonly onReady: (incarnation: Incarnation, position: bigint) => void;
  /** It is not for now. */
  readonly onDisturbed: () => void;
  readonly onMessage: (fed: Fed, incarnation: Incarnation) => void;
}

/**
 * Follows the stream of a room through whatever becomes of NATS: after an outage it goes on behind the last message that it told,
 * and in another incarnation it begins with the first.
 */
export class RoomFollower implements StreamWatcher {
  readonly stream: string;
  readonly #parts: RoomFollowerParts;
  #incarnation: Incarnation | undefined;
  #position = 0n;
  #feed: OrderedFeed | undefined;
  #isWanted = false;
  #ready = Promise.withResolvers<void>();
  // Tells a start under way that it has been replaced.
  #run = 0;
  /** How often it has broken off as soon as it had begun. */
  #breakOffs = 0;
  #readyAtMs = Number.NEGATIVE_INFINITY;
  #disturbances = 0;
  #behindSinceMs: number | undefined;
  #retry: (() => void) | undefined;

  constructor(parts: RoomFollowerParts) {
    this.#parts = parts;
    this.stream = parts.stream.name;
  }

  /** Follows from now on, after the newest message; nothing when it does already. */
  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#incarnation = undefined;
    this.#position = 0n;
    this.#readyAtMs = Number.NEGATIVE_INFINITY;
    this.#parts.link.watch(this);
    void this.#begin();
  }

  /** Looks anew which incarnation there is, and goes on; nothing when that is under way, or nobody follows. */
  restart(): void {
    if (!this.#isWanted || this.#feed === undefined) return;
    this.#disturb();
    void this.#begin();
  }

  stop(): void {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#parts.link.unwatch(this);
    this.#disturb();
    this.#ready.resolve();
    this.#ready = Promise.withResolvers();
  }

  onDisturbed(): void {
    this.#disturbances += 1;
    if (this.#feed === undefined) this.#retry?.();
    else this.restart();
  }

  /** Resolves when NATS is there, and the stream is followed if somebody wants that; rejects when that takes too long. */
  async whenReady(): Promise<void> {
    const { clock, link } = this.#parts;
    const isReady = () => !this.#isWanted || this.#feed !== undefined;
    if (link.isUp && isReady()) return;
    const ready = link.whenUp().then(() => (isReady() ? undefined : this.#ready.promise));
    const late = () => new Error(`NATS could not be used for ${patienceMs} ms`);
    await inTime(clock, ready, patienceMs, late);
  }

  /** Of the newest message that was told to those who follow. */
  get position(): bigint {
    return this.#isWanted ? this.#position : 0n;
  }

  /** What is followed is this incarnation, or nothing. */
  isIn({ epoch }: Incarnation): boolean {
    return !this.#isWanted || this.#incarnation?.epoch === epoch;
  }

  async #begin(): Promise<void> {
    const { clock, link, logger, roomId } = this.#parts;
    const run = ++this.#run;
    if (clock.now() - this.#readyAtMs > maxBackoffMs) {
      this.#breakOffs = 0;
    } else {
      this.#breakOffs += 1;
      await this.#backOff(this.#breakOffs);
    }
    for (let failures = 1; run === this.#run && !link.connection.isClosed(); failures += 1) {
      try {
        await link.whenUp();
        await this.#tryOnce(run);
        return;
      } catch (error) {
        if (run !== this.#run) return;
        if (failures === 1) logger.warn("a room's stream cannot be followed", { room: roomId, error });
        await this.#backOff(failures);
      }
    }
  }

  async #tryOnce(run: number): Promise<void> {
    const { link, clock, logger, roomId, stream } = this.#parts;
    const disturbances = this.#disturbances;
    const state = await stream.ensure().catch((error: unknown) => {
      this.#behindSinceMs = undefined;
      throw error;
    });
    if (run !== this.#run) return;
    let position = this.#position;
    if (this.#incarnation === undefined) {
      position = state.last;
    } else if (this.#incarnation.epoch !== state.epoch) {
      logger.error("a room's stream was lost and is made anew", { room: roomId, lostUpTo: position });
      position = 0n;
    } else if (state.last < this.#position) {
      this.#behindSinceMs ??= clock.now();
      if (link.isClustered && clock.now() - this.#behindSinceMs < catchUpMs) {
        throw new Error(`the leader of stream ${stream.name} is at ${state.last}, and ${this.#position} was told`);
      }
      logger.error("a room's stream has lost its newest messages", {
        room: roomId,
        from: state.last,
        to: position,
      });
      position = state.last;
    }
    this.#behindSinceMs = undefined;
    const { epoch, subject } = state;
    const incarnation = { epoch, subject };
    const take = (fed: Fed) => {
      this.#position = fed.sequence;
      this.#parts.onMessage(fed, incarnation);
    };
    // Messages that come before it is known that they do.
    let held: Fed[] | undefined = [];
    const feed = await OrderedFeed.start({
      link,
      clock,
      stream: stream.name,
      subject,
      after: position,
      onMessage: (fed) => {
        if (run !== this.#run) return;
        if (held === undefined) take(fed);
        else held.push(fed);
      },
      onLost: (reason) => {
        if (run !== this.#run) return;
        logger.warn("a room's stream is followed anew", { room: roomId, reason });
        this.restart();
      },
    });
    if (run !== this.#run) return feed.stop();
    if (disturbances !== this.#disturbances) {
      feed.stop();
      throw new Error("the stream was disturbed as its feed began");
    }
    this.#incarnation = incarnation;
    this.#position = position;
    this.#feed = feed;
    this.#readyAtMs = this.#parts.clock.now();
    this.#ready.resolve();
    this.#parts.onReady(incarnation, position);
    for (const fed of held) take(fed);
    held = undefined;
  }

  #disturb(): void {
    this.#run += 1;
    this.#retry?.();
    if (this.#feed === undefined) return;
    this.#feed.stop();
    this.#feed = undefined;
    this.#ready = Promise.withResolvers();
    this.#parts.onDisturbed();
  }

  async #backOff(attempt: number): Promise<void> {
    const { clock } = this.#parts;
    const delayMs = Math.min(25 * 2 ** attempt, maxBackoffMs);
    const { promise, resolve: go } = Promise.withResolvers<void>();
    const timer = clock.setTimeout(go, delayMs);
    this.#retry = go;
    await promise;
    clock.clearTimeout(timer);
    if (this.#retry === go) this.#retry = undefined;
  }
}
