import type { MessageResponse } from "@im-sdk/gen";
import type { Appended, LogEntry, LogHead, LogRange, RoomLog, RoomLogOptions } from "@im-sdk/server";
import type { AppendBudget } from "./append-budget.ts";
import { AppendQueue } from "./append-queue.ts";
import type { CreationLock } from "./creation-lock.ts";
import type { NatsLink } from "./nats-link.ts";
import { readRange } from "./read-range.ts";
import { RoomFollower } from "./room-follower.ts";
import { RoomStream, type RoomStreamState } from "./room-stream.ts";
import { decodeEntry } from "./stored-message.ts";
import { tellEach } from "./tell-each.ts";
import { unavailable } from "./unavailable.ts";

/** What a {@link NatsRoomLog} is made of. */
export interface NatsRoomLogParts {
  readonly link: NatsLink;
  readonly lock: CreationLock;
  readonly prefix: string;
  readonly replicas: number;
  readonly appendTimeoutMs: number;
  readonly budget: AppendBudget;
  readonly roomId: string;
  readonly options: RoomLogOptions;
  /** Called once, when the log is closed and nothing of it is under way any more. */
  readonly onClosed: () => void;
}

/** A room's log in a stream of JetStream, which other servers write and read as well. */
export class NatsRoomLog implements RoomLog {
  readonly #parts: NatsRoomLogParts;
  readonly #stream: RoomStream;
  readonly #queue: AppendQueue;
  readonly #follower: RoomFollower;
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  // Where many fall behind they read the same pages.
  readonly #reads = new Map<string, Promise<readonly LogEntry[]>>();
  #closed = false;
  #hasEnded = false;

  constructor(parts: NatsRoomLogParts) {
    const { link, lock, budget, appendTimeoutMs, roomId, prefix, replicas, options } = parts;
    const { clock, logger, retention } = options;
    this.#parts = parts;
    this.#stream = new RoomStream({ link, lock, clock, prefix, roomId, replicas, appendTimeoutMs, retention });
    this.#queue = new AppendQueue({
      link,
      clock,
      budget,
      timeoutMs: appendTimeoutMs,
      storedAtMs: (sequence) => this.#stream.storedAtMs(sequence),
      onNotTaken: () => this.#follower.restart(),
      onEmpty: () => this.#adjust(),
    });
    this.#follower = new RoomFollower({
      link,
      clock,
      logger,
      roomId,
      stream: this.#stream,
      onReady: (incarnation, position) => this.#queue.open(incarnation, position),
      onDisturbed: () => this.#queue.hold(),
      onMessage: ({ message, ...at }, { epoch }) => {
        if (this.#listeners.size > 0) this.#tell(decodeEntry(message.data, epoch, at));
        this.#queue.fed(message, at);
      },
    });
  }

  append(message: MessageResponse, duplicateKey: string | undefined): Promise<Appended> {
    if (this.#closed) return Promise.reject(new Error(`the log of room "${this.#parts.roomId}" is closed`));
    const appended = this.#queue.add(message, duplicateKey);
    this.#adjust();
    return appended;
  }

  async read({ after, before, limit }: LogRange): Promise<readonly LogEntry[]> {
    const state = await this.#state();
    const from = (after > state.floor ? after : state.floor) + 1n;
    const to = before !== undefined && before <= state.last ? before : state.last + 1n;
    if (from >= to || limit < 1) return [];
    const page = `${state.epoch} ${from} ${to} ${limit}`;
    let reading = this.#reads.get(page);
    if (reading === undefined) {
      const { link, options } = this.#parts;
      const range = { from, to, limit, stream: this.#stream.name, incarnation: state };
      reading = readRange({ link, clock: options.clock, ...range }).catch((error: unknown) => {
        throw unavailable("the room log does not answer at the moment", error);
      });
      this.#reads.set(page, reading);
      const forget = () => this.#reads.delete(page);
      reading.then(forget, forget);
    }
    return reading;
  }

  async head(): Promise<LogHead> {
    const { epoch, last, floor, createdAtMs, lastStoredAtMs } = await this.#state();
    return { epoch, sequence: last, floor, messageCount: Number(last), createdAtMs, lastStoredAtMs };
  }

  follow(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    this.#adjust();
    return () => {
      this.#listeners.delete(listener);
      this.#adjust();
    };
  }

  setTtlMs(ttlMs: number): void {
    if (this.#closed) return;
    this.#stream
      .setTtlMs(ttlMs)
      .catch((error: unknown) => this.#warn("how long a room is kept could not be changed", error));
  }

  /** JetStream drops by age and count itself. */
  prune(): void {
    if (this.#closed) return;
    this.#stream.dropOverfull().catch((error: unknown) => this.#warn("a room could not be pruned", error));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    this.#adjust();
  }

  /** The stream as it is; nothing newer goes untold to those who follow by now. */
  async #state(): Promise<RoomStreamState> {
    if (this.#closed) throw new Error(`the log of room "${this.#parts.roomId}" is closed`);
    try {
      return await this.#lookAtStream().catch((error: unknown) => {
        if (this.#closed) throw error;
        // The connection broke meanwhile, or the stream is gone: both may be there again soon.
        this.#follower.restart();
        return this.#lookAtStream();
      });
    } catch (error) {
      throw unavailable("the room log does not answer at the moment", error);
    }
  }

  async #lookAtStream(): Promise<RoomStreamState> {
    await this.#follower.whenReady();
    const { position } = this.#follower;
    const state = await this.#stream.ensure();
    if (this.#follower.isIn(state) && state.last >= position) return state;
    this.#follower.restart();
    await this.#follower.whenReady();
    return await this.#stream.ensure();
  }

  #tell(entry: LogEntry): void {
    const { roomId: room, options } = this.#parts;
    tellEach(this.#listeners, entry, (error) => {
      options.logger.error("a message could not be handed on", { room, sequence: entry.message.sequence, error });
    });
  }

  /** The stream is followed while somebody listens, or waits for a message of their own to come by. */
  #adjust(): void {
    if (this.#listeners.size > 0 || this.#queue.size > 0) {
      this.#follower.start();
      return;
    }
    this.#queue.hold();
    this.#follower.stop();
    if (!this.#closed || this.#hasEnded) return;
    this.#hasEnded = true;
    this.#parts.onClosed();
  }

  #warn(message: string, error: unknown): void {
    this.#parts.options.logger.warn(message, { room: this.#parts.roomId, error });
  }
}
