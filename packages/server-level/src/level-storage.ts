import type { RoomLog, RoomLogOptions, ServerStorage } from "@im-sdk/server";
import { BatchWriter } from "./batch-writer.ts";
import { expiredRooms } from "./expired-rooms.ts";
import { type Database, openLevelDatabase } from "./level-database.ts";
import { LevelRoomLog } from "./level-room-log.ts";
import { type LevelStorageOptions, resolveLevelStorageOptions } from "./level-storage-options.ts";
import { RoomKeys } from "./room-keys.ts";

/** How often rooms that nobody opens are looked at for what is too old. */
const sweepIntervalMs = 10 * 60_000;

/**
 * Opens a storage in a folder, for one server: its rooms, with their messages, positions and ids, are there again after it was
 * closed, killed or started anew. Rejects with a TypeError for a wrong option, and with an error that names the folder when that
 * is open already, in this or another process, or is no LevelDB. The server closes it.
 */
export async function levelStorage(options: LevelStorageOptions): Promise<ServerStorage> {
  const { path, fsync } = resolveLevelStorageOptions(options);
  return new LevelStorage(await openLevelDatabase(path), { path, fsync });
}

/** {@link levelStorage}, on a database that is open. */
export class LevelStorage implements ServerStorage {
  readonly #database: Database;
  readonly #writer: BatchWriter;
  readonly #path: string;
  readonly #open = new Map<string, LevelRoomLog>();
  // What was closed may still be writing: who opens the room again waits for it.
  readonly #leaving = new Map<string, Promise<void>>();
  // The shortest time that any room is kept by now: were it the longest, one room kept for years would keep all of them.
  #leastKeepMs = Number.POSITIVE_INFINITY;
  #stopSweeping: (() => Promise<void>) | undefined;
  #closed: Promise<void> | undefined;

  constructor(database: Database, { path, fsync }: Required<LevelStorageOptions>) {
    this.#database = database;
    this.#writer = new BatchWriter(database, { fsync });
    this.#path = path;
  }

  openLog(roomId: string, options: RoomLogOptions): RoomLog {
    if (this.#closed !== undefined) throw new Error(`the storage in "${this.#path}" is closed`);
    if (this.#open.has(roomId)) {
      throw new Error(`the log of room "${roomId}" is open already: a storage is for one server at a time`);
    }
    const { ttlMs, duplicateWindowMs } = options.retention;
    this.#leastKeepMs = Math.min(this.#leastKeepMs, Math.max(ttlMs, duplicateWindowMs));
    if (this.#stopSweeping === undefined) this.#startSweeping(options);
    const log = new LevelRoomLog({
      roomId,
      database: this.#database,
      writer: this.#writer,
      options,
      free: this.#leaving.get(roomId) ?? Promise.resolve(),
      onClose: (idle) => this.#onClose(roomId, idle),
    });
    this.#open.set(roomId, log);
    return log;
  }

  async hasLog(roomId: string): Promise<boolean> {
    await this.#writer.ready();
    return (await this.#database.get(new RoomKeys(roomId).room)) !== undefined;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#stopSweeping?.();
    for (const log of this.#open.values()) log.close();
    await Promise.all(this.#leaving.values());
    await this.#writer.idle();
    await this.#database.close();
  }

  #onClose(roomId: string, idle: Promise<void>): void {
    this.#open.delete(roomId);
    const left = idle.then(() => {
      if (this.#leaving.get(roomId) === left) this.#leaving.delete(roomId);
    });
    this.#leaving.set(roomId, left);
  }

  #startSweeping(options: RoomLogOptions): void {
    const { clock, logger } = options;
    let running = Promise.resolve();
    const sweep = async () => {
      try {
        await this.#sweep(options);
      } catch (error) {
        logger.error("old rooms could not be deleted", { error });
      }
      if (this.#closed === undefined) start();
    };
    let timer: unknown;
    const start = () => {
      timer = clock.setTimeout(() => {
        running = sweep();
      }, sweepIntervalMs);
    };
    start();
    this.#stopSweeping = () => {
      clock.clearTimeout(timer);
      return running;
    };
  }

  /** An open room is pruned by its server. One that nobody opens is opened for a moment, once all of it is too old. */
  async #sweep(options: RoomLogOptions): Promise<void> {
    await this.#writer.ready();
    for (const { roomId, keepMs } of await expiredRooms(this.#database, options.clock.now(), this.#leastKeepMs)) {
      if (this.#closed !== undefined) return;
      if (this.#open.has(roomId)) continue;
      const log = this.openLog(roomId, { ...options, retention: { ...options.retention, ttlMs: keepMs } });
      log.prune();
      log.close();
      await this.#leaving.get(roomId);
    }
  }
}
