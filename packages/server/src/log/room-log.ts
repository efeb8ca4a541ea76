import type { Clock } from "@im-sdk/contracts";
import type { MessageResponse } from "@im-sdk/gen";
import type { Logger } from "../logger.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { ResolvedRetention } from "../options/retention.ts";

/** One stored message. */
export interface LogEntry {
  /** The frame as a stream with `resume` gets it: `sequence`, `epoch`, `previousSequence` and `timestamp` are filled in. */
  readonly message: MessageResponse;
  /** About what it takes in memory and on the wire. */
  readonly bytes: number;
}

/** Where a message was stored. */
export interface Appended {
  readonly epoch: string;
  readonly sequence: bigint;
  /** When it was stored, in ms since the Unix epoch. */
  readonly timestampMs: number;
  /** The key was there already: nothing was stored, and the position is that of the first. */
  readonly duplicate: boolean;
}

/** What a log holds. */
export interface LogHead {
  /** Names this incarnation of the log. */
  readonly epoch: string;
  /** Position of the newest message ever stored, 0 before the first. */
  readonly sequence: bigint;
  /** Everything up to and including this position is no longer kept; 0 when everything is. */
  readonly floor: bigint;
  /** Messages ever stored in this epoch; those that are kept, where a log does not know of the others. */
  readonly messageCount: number;
  /** When this epoch began, in ms since the Unix epoch. */
  readonly createdAtMs: number;
  /** When the newest message was stored, in ms since the Unix epoch; undefined before the first. */
  readonly lastStoredAtMs: number | undefined;
}

/** Which messages to read. */
export interface LogRange {
  /** Only those after this position. */
  readonly after: bigint;
  /** Only those before this position. */
  readonly before?: bigint;
  /** At the most so many. */
  readonly limit: number;
}

/**
 * The messages of one room, in order. Answers may come at once or later. `append` may be called again before the last call has
 * been answered, so that a log can store many messages with one write: it stores them, tells its followers, and answers, in
 * the order of the calls.
 *
 * A log that is lost while it is open, with the store that it is in, goes on in another epoch, whose messages followers are told
 * from the first on; one answer is never of two epochs.
 */
export interface RoomLog {
  /**
   * Stores a message, whose `sequence`, `epoch` and `previousSequence` the log chooses. Sequences are strictly
   * increasing. With a `duplicateKey` that a message of the same `fromUserId` had within the duplicate window, or that one which
   * is still kept has, nothing is stored; the same key of another user is another one. Rejects when the message was not stored
   * or when that is not known; messages of later calls may be stored all the same.
   */
  append(message: MessageResponse, duplicateKey: string | undefined): MaybePromise<Appended>;

  /** Stored messages in order, oldest first; what is no longer kept is left out. */
  read(range: LogRange): MaybePromise<readonly LogEntry[]>;

  head(): MaybePromise<LogHead>;

  /**
   * Calls back for every message stored from now on, by whichever server, once each and in order; duplicates are not
   * told. May call back before `append` has answered. Returns what ends it.
   */
  follow(listener: (entry: LogEntry) => void): () => void;

  /** Changes how long messages are kept, in ms. */
  setTtlMs(ttlMs: number): void;

  /** Drops what is no longer to be kept; called now and then, so that a quiet room does not keep old messages. */
  prune(): void;

  /** Lets go of timers and connections, and of nothing that is stored for good. */
  close(): void;
}

/** What a server tells the log of a room. */
export interface RoomLogOptions {
  /** How much is kept and remembered, every bound filled in; `ttlMs` is that of the room. */
  readonly retention: ResolvedRetention;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens the log of a room: at once, so a log that has to look up what it holds lets its callers wait. */
export type OpenRoomLog = (roomId: string, options: RoomLogOptions) => RoomLog;
