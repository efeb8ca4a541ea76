import { hash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "@im-sdk/contracts";
import type { ResolvedRetention } from "@im-sdk/server";
import { JetStreamApiError, type StreamInfo } from "@nats-io/jetstream";
import { isApiError } from "./api-error.ts";
import type { CreationLock } from "./creation-lock.ts";
import type { NatsLink } from "./nats-link.ts";
import { type StreamSettings, streamConfig } from "./stream-config.ts";
import { inTime, LateError } from "./try-servers.ts";

/** The stream of a room as it is now. */
export interface RoomStreamState extends Incarnation {
  /** Position of the newest message ever stored. */
  readonly last: bigint;
  /** Up to here nothing is kept any more. */
  readonly floor: bigint;
  readonly createdAtMs: number;
  readonly lastStoredAtMs: number | undefined;
}

/** One life of a stream: when it is deleted, or lost with the data of NATS, the next has another epoch. */
export interface Incarnation {
  readonly epoch: string;
  /**
   * Where its messages are published to. The epoch is part of it, and no other incarnation listens there: what is meant for one can
   * not get into another, and a consumer of one finds nothing in another.
   */
  readonly subject: string;
}

/**
 * A stream that is gone is not made anew for so long: JetStream says that it is deleted while it still removes its files, and with
 * them those of a stream that has the same name by then.
 */
const removalMs = 1_000;

/**
 * How long a stream may have nobody who leads it, as one does that another server makes at the moment; how soon is looked again, and
 * how long an answer may take: meanwhile there may be none.
 */
const makingMs = 5_000;
const lookAgainMs = 50;
const answerMs = 500;

/** What a {@link RoomStream} is made of. */
export interface RoomStreamParts {
  readonly link: NatsLink;
  readonly lock: CreationLock;
  readonly clock: Clock;
  readonly prefix: string;
  readonly roomId: string;
  readonly replicas: number;
  readonly appendTimeoutMs: number;
  readonly retention: ResolvedRetention;
}

/** The stream that holds the messages of a room. */
export class RoomStream {
  readonly name: string;
  readonly #link: NatsLink;
  readonly #lock: CreationLock;
  readonly #clock: Clock;
  readonly #subjects: string;
  #settings: StreamSettings;
  #isChecked = false;
  #wasThere = false;
  #goneAtMs: number | undefined;

  constructor({ link, lock, clock, prefix, roomId, replicas, appendTimeoutMs, retention }: RoomStreamParts) {
    const { stream, subjects } = roomNames(prefix, roomId);
    this.name = stream;
    this.#link = link;
    this.#lock = lock;
    this.#clock = clock;
    this.#subjects = subjects;
    this.#settings = { ...retention, replicas, appendTimeoutMs, roomId };
  }

  /**
   * The stream as it is, made when there is none; the first time it gets our settings if it has others. Rejects also when it has
   * gone a moment ago.
   */
  async ensure(): Promise<RoomStreamState> {
    const info = await this.#findOrMake();
    this.#wasThere = true;
    this.#goneAtMs = undefined;
    await this.#adjust(info);
    return this.#stateOf(info);
  }

  /** Changes how long messages are kept. Rejects when that is not known to have happened; the next `ensure` does it then. */
  async setTtlMs(ttlMs: number): Promise<void> {
    this.#settings = { ...this.#settings, ttlMs };
    this.#isChecked = false;
    const info = await findStream(this.#link, this.name);
    if (info !== undefined) await this.#adjust(info);
  }

  /** When a message was stored, in ms since the Unix epoch; undefined when it is not kept. */
  async storedAtMs(sequence: bigint): Promise<number | undefined> {
    const asking = this.#link.manager.streams.getMessage(this.name, { seq: Number(sequence) });
    return (await this.#link.call(asking))?.time.getTime();
  }

  /** Drops the oldest messages when all together have more bytes than they may, and keeps the newest. */
  async dropOverfull(): Promise<void> {
    const info = await findStream(this.#link, this.name);
    if (info === undefined) return;
    const { messages, bytes, first_seq } = info.state;
    if (messages < 2 || bytes <= this.#settings.maxBytes) return;
    const surplus = Math.ceil((bytes - this.#settings.maxBytes) / (bytes / messages));
    const seq = first_seq + Math.min(surplus, messages - 1);
    await this.#link.call(this.#link.manager.streams.purge(this.name, { seq }));
  }

  async #findOrMake(): Promise<StreamInfo> {
    const beganAtMs = performance.now();
    for (;;) {
      const waitedMs = performance.now() - beganAtMs;
      try {
        return (await this.#find(waitedMs)) ?? (await this.#make());
      } catch (error) {
        if (!(error instanceof LateError) || waitedMs > makingMs) throw error;
      }
      await delay(lookAgainMs);
    }
  }

  #find(waitedMs = 0): Promise<StreamInfo | undefined> {
    const finding = findStream(this.#link, this.name);
    // Longer and longer: where so many ask that answers are late, more questions do not help.
    return this.#link.isClustered ? inTime(this.#clock, finding, Math.max(answerMs, waitedMs)) : finding;
  }

  async #make(): Promise<StreamInfo> {
    if (this.#wasThere) {
      const nowMs = this.#clock.now();
      this.#goneAtMs ??= nowMs;
      if (nowMs - this.#goneAtMs < removalMs) throw new Error(`stream ${this.name} was deleted a moment ago`);
    }
    return this.#link.isClustered ? this.#lock.inTurn(() => this.#makeAlone()) : this.#create();
  }

  async #makeAlone(): Promise<StreamInfo> {
    const giveBack = await this.#lock.take(this.name);
    if (giveBack === undefined) throw new LateError(`another server makes stream ${this.name}`);
    let isOver = true;
    try {
      return (await this.#find()) ?? (await this.#create());
    } catch (error) {
      isOver = error instanceof JetStreamApiError;
      throw error;
    } finally {
      // While NATS may still be making the stream nobody else is to begin; the lock goes by its age then.
      if (isOver) await giveBack().catch(() => {});
    }
  }

  async #create(): Promise<StreamInfo> {
    const subject = this.#subjects + randomUUID().replaceAll("-", "");
    const config = { name: this.name, subjects: [subject], ...streamConfig(this.#settings) };
    try {
      return await this.#link.call(this.#link.manager.streams.add(config));
    } catch (error) {
      // Another server was faster; its epoch holds.
      const made = isApiError(error, "streamNameInUse") ? await findStream(this.#link, this.name) : undefined;
      if (made === undefined) throw error;
      return made;
    }
  }

  async #adjust({ config }: StreamInfo): Promise<void> {
    if (this.#isChecked) return;
    const settings = streamConfig(this.#settings);
    // Copies that somebody wanted are not taken away by a server that was not told of them.
    const wanted = { ...settings, num_replicas: Math.max(settings.num_replicas, config.num_replicas) };
    const has: Readonly<Record<string, unknown>> = { ...config };
    if (Object.entries(wanted).some(([name, value]) => has[name] !== value)) {
      await this.#link.call(this.#link.manager.streams.update(this.name, wanted));
    }
    this.#isChecked = true;
  }

  #stateOf({ config, state, created }: StreamInfo): RoomStreamState {
    const subject = config.subjects?.[0] ?? "";
    if (!subject.startsWith(this.#subjects)) {
      throw new Error(`stream ${this.name} has the subject "${subject}": it was not made by this package`);
    }
    return {
      epoch: subject.slice(this.#subjects.length),
      subject,
      last: BigInt(state.last_seq),
      floor: BigInt(Math.max(state.messages === 0 ? state.last_seq : state.first_seq - 1, 0)),
      createdAtMs: Date.parse(created),
      lastStoredAtMs: state.last_seq === 0 ? undefined : Date.parse(state.last_ts),
    };
  }
}

/**
 * A stream as JetStream describes it; undefined when there is none. Rejects also when none of a cluster leads it at the moment: any of
 * its copies answers then, be it behind.
 */
export async function findStream(link: NatsLink, name: string): Promise<StreamInfo | undefined> {
  try {
    const info = await link.call(link.manager.streams.info(name));
    if (info.cluster === undefined || info.cluster.leader !== undefined) return info;
  } catch (error) {
    if (isApiError(error, "streamNotFound")) return undefined;
    throw error;
  }
  throw new LateError(`stream ${name} has no leader at the moment`);
}

/** The name of a room's stream, and what its subjects begin with: any text is a room id, and few are names for NATS. */
export function roomNames(prefix: string, roomId: string): { readonly stream: string; readonly subjects: string } {
  const room = hash("sha256", roomId, "base64url");
  return { stream: `${prefix}_room_${room}`, subjects: `${prefix}.room.${room}.` };
}
