import type { MessageResponse } from "@im-sdk/gen";
import type { Appended, LogEntry, LogHead, LogRange, RoomLog, RoomLogOptions } from "@im-sdk/server";
import type { BatchWriter } from "./batch-writer.ts";
import { forgottenIndex, maxForgotten } from "./forgotten-index.ts";
import type { Database } from "./level-database.ts";
import { type Post, planBatch } from "./plan-batch.ts";
import { RoomKeys } from "./room-keys.ts";
import { loadRoom, type RoomState, roomChange } from "./room-state.ts";
import { storedEntries } from "./stored-entries.ts";
import { takeBatch } from "./take-batch.ts";

/** What a {@link LevelRoomLog} is made of. */
export interface LevelRoomLogParts {
  readonly roomId: string;
  readonly database: Database;
  readonly writer: BatchWriter;
  readonly options: RoomLogOptions;
  /** Resolves when nobody else is at what is stored of the room. */
  readonly free: Promise<void>;
  /** Called once, when the log is closed; `idle` resolves when nothing of it is being written any more. */
  readonly onClose: (idle: Promise<void>) => void;
}

interface Waiting extends Post {
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** A room's log in LevelDB. What is appended while a batch is being written goes into the next one, all at once. */
export class LevelRoomLog implements RoomLog {
  readonly #parts: LevelRoomLogParts;
  readonly #keys: RoomKeys;
  readonly #windowMs: number;
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  #ttlMs: number;
  #loading: Promise<RoomState> | undefined;
  /** Followers have been told of all up to here, or need not be: it was stored before this log was opened. */
  #toldTo: bigint | undefined;
  #waiting: Waiting[] = [];
  #pruning = false;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(parts: LevelRoomLogParts) {
    this.#parts = parts;
    this.#keys = new RoomKeys(parts.roomId);
    this.#windowMs = parts.options.retention.duplicateWindowMs;
    this.#ttlMs = parts.options.retention.ttlMs;
  }

  append(message: MessageResponse, duplicateKey: string | undefined): Promise<Appended> {
    if (this.#closed) return Promise.reject(this.#closedError());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, duplicateKey, resolve, reject });
      this.#work();
    });
  }

  async read({ after, before, limit }: LogRange): Promise<readonly LogEntry[]> {
    const state = await this.#state();
    const from = (after > state.floor ? after : state.floor) + 1n;
    const to = before !== undefined && before <= state.head ? before : state.head + 1n;
    if (from >= to) return [];
    await this.#parts.writer.ready();
    return storedEntries(this.#parts.database, this.#keys, { from, to, limit });
  }

  async head(): Promise<LogHead> {
    const { epoch, head, floor, createdAtMs, lastStoredAtMs } = await this.#state();
    return { epoch, sequence: head, floor, messageCount: Number(head), createdAtMs, lastStoredAtMs };
  }

  follow(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setTtlMs(ttlMs: number): void {
    this.#ttlMs = ttlMs;
    // Stored at once: nobody may open the room again before the time that is stored now is over.
    this.prune();
  }

  prune(): void {
    if (this.#closed) return;
    this.#pruning = true;
    this.#work();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    this.#parts.onClose(this.#idle());
  }

  async #idle(): Promise<void> {
    // Whoever comes next waits for this log only: one that was never used must not be ready before those that it waits for.
    await this.#parts.free;
    await this.#loading?.catch(ignore);
    await this.#working;
  }

  /** The room as it is stored, loaded when it is not; without what is too old by now. */
  async #state(): Promise<RoomState> {
    // Another log may have the room by now, and loading would make an epoch where there is none yet.
    if (this.#closed && this.#loading === undefined) throw this.#closedError();
    this.#loading ??= this.#load();
    const state = await this.#loading;
    state.kept.ttlMs = this.#ttlMs;
    state.kept.dropExpired(this.#parts.options.clock.now());
    return state;
  }

  async #load(): Promise<RoomState> {
    const { database, writer, options, free } = this.#parts;
    try {
      await free;
      await writer.ready();
      const { state, isNew } = await loadRoom(database, this.#keys, options);
      // Whoever is told of an epoch must find it again, also when nothing was posted in it.
      if (isNew) await writer.write([roomChange(this.#keys, state, emptyRoom)]);
      await this.#tellMissed(state.head);
      return state;
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
  }

  #work(): void {
    this.#working ??= this.#workOff();
  }

  /** One write of the room at a time: each says where the room stands. */
  async #workOff(): Promise<void> {
    while (this.#waiting.length > 0 || this.#pruning) {
      const posts = takeBatch(this.#waiting);
      const prune = this.#pruning;
      this.#pruning = false;
      try {
        await this.#store(posts, prune);
      } catch (error) {
        // What is stored now only the database knows.
        this.#loading = undefined;
        // Those that wait fail too: messages of one sender keep their order when none overtakes one that is sent again.
        for (const { reject } of [...posts, ...this.#waiting.splice(0)]) reject(error);
        const { logger } = this.#parts.options;
        if (prune) logger.error("a room could not be pruned", { room: this.#parts.roomId, error });
      }
    }
    this.#working = undefined;
  }

  /** A write that failed may have been stored all the same. Its second try is a duplicate, which tells nobody. */
  async #tellMissed(head: bigint): Promise<void> {
    const from = (this.#toldTo ?? head) + 1n;
    const missed = from > head ? [] : await storedEntries(this.#parts.database, this.#keys, { from, to: head + 1n });
    this.#toldTo = head;
    for (const entry of missed) this.#tell(entry);
  }

  async #store(posts: readonly Waiting[], prune: boolean): Promise<void> {
    const state = await this.#state();
    const nowMs = this.#parts.options.clock.now();
    const { database, writer } = this.#parts;
    const forgotten = prune ? await forgottenIndex(database, this.#keys, state, nowMs - this.#windowMs) : [];
    const plan = planBatch(this.#keys, state, posts, nowMs);
    const { keepMs } = state;
    if (plan.changes.length + forgotten.length > 0 || keepMs !== state.storedKeepMs) {
      const indexFloor = state.indexDeletedTo + BigInt(forgotten.length);
      const record = roomChange(this.#keys, state, { ...plan.standing, indexFloor });
      await writer.write([...plan.changes, ...forgotten, record]);
      state.indexDeletedTo = indexFloor;
      state.deletedTo = plan.standing.floor;
      state.storedKeepMs = keepMs;
    }
    if (prune) state.duplicates.prune(nowMs, state.floor);
    if (forgotten.length === maxForgotten) this.#pruning = true;
    for (const entry of plan.entries) state.add(entry);
    for (const entry of plan.entries) this.#tell(entry);
    posts.forEach(({ resolve }, index) => {
      const answer = plan.answers[index];
      if (answer !== undefined) resolve(answer);
    });
  }

  #tell(entry: LogEntry): void {
    this.#toldTo = entry.message.sequence;
    for (const listener of this.#listeners) listener(entry);
  }

  #closedError(): Error {
    return new Error(`the log of room "${this.#parts.roomId}" is closed`);
  }
}

const emptyRoom = { head: 0n, floor: 0n, indexFloor: 0n, lastStoredAtMs: undefined };

function ignore(): void {}
