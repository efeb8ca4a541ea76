import type { AudioStore } from "../audio/audio-store.ts";
import type { OpenRoomLog } from "../log/room-log.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Presence } from "../presence/presence.ts";

/**
 * Where a server keeps what outlives it, or what it shares with other servers: the option `storage` of `startImServer` and
 * `createImServiceRoutes`. What a storage leaves out the server keeps in memory.
 */
export interface ServerStorage {
  /** Opens the log of a room. A server has the log of a room open once at a time; it closes it before it opens it again. */
  readonly openLog: OpenRoomLog;

  /**
   * The room has a log, though it is not open. Without this a room that nobody has joined or posted to since the server
   * started is not found, whatever is stored of it.
   */
  hasLog?(roomId: string): MaybePromise<boolean>;

  /** Who is in which room, on all servers. */
  readonly presence?: Presence;

  /** Where recordings are kept. */
  readonly audioStore?: AudioStore;

  /**
   * Calls back with false when the storage is lost, at once if it is already, and with true when it is back; until told
   * otherwise it is there. Meanwhile health checks say NOT_SERVING and the registry does not list the server; its streams stay
   * open. A loss that heals by itself within a second or so is not worth telling. Returns what ends it.
   */
  watchAvailability?(listener: (isAvailable: boolean) => void): () => void;

  /**
   * Waits for what is being stored, and lets go of files, connections and timers. The server calls it last, when its logs are
   * closed; again it only waits.
   */
  close(): Promise<void>;
}
