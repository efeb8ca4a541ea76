import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock } from "@im-sdk/contracts";
import type { OpenRoomLog } from "../log/room-log.ts";
import type { Logger } from "../logger.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { ResolvedRetention } from "../options/retention.ts";
import { type ResolvedRoomOptions, type RoomOptions, resolveRoomOptions } from "../options/room-options.ts";
import { Room } from "./room.ts";

const pruneIntervalMs = 60_000;

/** What {@link Rooms} is made of. */
export interface RoomsOptions {
  readonly openLog: OpenRoomLog;
  /** The room has a log, though it is not open. */
  readonly hasLog: (roomId: string) => MaybePromise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How messages are kept; rooms may have a `ttlMs` of their own. */
  readonly retention: ResolvedRetention;
  readonly maxRooms: number;
  readonly configured: ReadonlyMap<string, ResolvedRoomOptions>;
  readonly defaultRoom: ResolvedRoomOptions;
}

/** All rooms of this server. A room comes with its first join or message, and goes when it has been empty for long enough. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #configured: Map<string, ResolvedRoomOptions>;
  readonly #rooms = new Map<string, Room>();
  readonly #idleTimers = new Map<Room, unknown>();
  #pruneTimer: unknown;
  #closed = false;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#configured = new Map(options.configured);
  }

  /** The room, if it is there; one that has options of its own always is. */
  find(roomId: string): Room | undefined {
    const room = this.#rooms.get(roomId);
    return room === undefined && this.#configured.has(roomId) ? this.open(roomId).room : room;
  }

  /** As `find`, but a room with a log that is not open here is there too. Rejects when the storage fails. */
  async lookUp(roomId: string): Promise<Room | undefined> {
    const room = this.find(roomId);
    if (room !== undefined) return room;
    return (await this.#options.hasLog(roomId)) ? this.open(roomId).room : undefined;
  }

  /** The room, made when it is not there. Throws RESOURCE_EXHAUSTED when there are too many. */
  open(roomId: string): { room: Room; created: boolean } {
    const known = this.#rooms.get(roomId);
    if (known !== undefined) return { room: known, created: false };
    const { maxRooms, openLog, retention, clock, logger } = this.#options;
    if (this.#closed) throw new ConnectError("the server is closed", Code.Unavailable);
    if (this.#rooms.size >= maxRooms) {
      throw new ConnectError(`the server has ${maxRooms} rooms already, and takes no more`, Code.ResourceExhausted);
    }
    const options = this.optionsOf(roomId);
    const log = openLog(roomId, { retention: { ...retention, ttlMs: this.#ttlMs(options) }, clock, logger });
    const room = new Room({ id: roomId, log, options, clock });
    this.#rooms.set(roomId, room);
    this.#pruneTimer ??= clock.setTimeout(() => this.#prune(), pruneIntervalMs);
    this.touch(room);
    return { room, created: true };
  }

  /** How a room behaves, also before it is there. */
  optionsOf(roomId: string): ResolvedRoomOptions {
    return this.#configured.get(roomId) ?? this.#options.defaultRoom;
  }

  /** Sets the options of a room, at once when it is there. Throws a RangeError or TypeError that names the option. */
  configure(roomId: string, options: RoomOptions): void {
    const resolved = resolveRoomOptions(`rooms.${roomId}`, options);
    this.#configured.set(roomId, resolved);
    const room = this.#rooms.get(roomId);
    if (room === undefined) return;
    room.options = resolved;
    room.log.setTtlMs(this.#ttlMs(resolved));
    this.#clearIdleTimer(room);
    this.touch(room);
  }

  /** Something happened in the room; when it is empty, its time begins to run. */
  touch(room: Room): void {
    room.touchedAtMs = this.#options.clock.now();
    if (room.isEmpty && !this.#idleTimers.has(room)) this.#startIdleTimer(room);
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#pruneTimer);
    for (const room of this.#idleTimers.keys()) this.#clearIdleTimer(room);
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
  }

  #ttlMs(options: ResolvedRoomOptions): number {
    return options.messageTtlSeconds > 0 ? options.messageTtlSeconds * 1000 : this.#options.retention.ttlMs;
  }

  #startIdleTimer(room: Room): void {
    if (room.options.persistent || this.#closed) return;
    const { clock } = this.#options;
    const delayMs = Math.max(0, room.touchedAtMs + room.options.idleTimeoutSeconds * 1000 - clock.now());
    this.#idleTimers.set(
      room,
      clock.setTimeout(() => this.#onIdle(room), delayMs),
    );
  }

  #onIdle(room: Room): void {
    this.#idleTimers.delete(room);
    if (room.joins > 0 || this.#rooms.get(room.id) !== room) return;
    const now = this.#options.clock.now();
    if (!room.isEmpty) room.touchedAtMs = now;
    // Posts only move the time stamp: restarting a timer for each of them would cost more than asking again here.
    if (!room.isEmpty || now - room.touchedAtMs < room.options.idleTimeoutSeconds * 1000) {
      this.#startIdleTimer(room);
    } else {
      this.#rooms.delete(room.id);
      room.close();
    }
  }

  #clearIdleTimer(room: Room): void {
    this.#options.clock.clearTimeout(this.#idleTimers.get(room));
    this.#idleTimers.delete(room);
  }

  #prune(): void {
    const { clock, logger } = this.#options;
    for (const room of this.#rooms.values()) {
      room.prune().catch((error: unknown) => logger.error("a room's log failed", { room: room.id, error }));
    }
    const rearm = this.#rooms.size > 0;
    this.#pruneTimer = rearm ? clock.setTimeout(() => this.#prune(), pruneIntervalMs) : undefined;
  }
}
