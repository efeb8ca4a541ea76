import { knownKeys, numberOption } from "./check-option.ts";

/** How much one client may take of the server. Everything over a limit is refused with RESOURCE_EXHAUSTED. */
export interface Limits {
  /** Bytes of a message's content and metadata. Default 4 MiB. */
  readonly maxMessageBytes?: number;
  /** Rooms that a user may be in at a time. Default 1,000. */
  readonly maxRoomsPerUser?: number;
  /** Rooms on the server at a time. Default 100,000. */
  readonly maxRooms?: number;
  /** Length of a user id, room id or message id, in UTF-16 code units; longer is INVALID_ARGUMENT. Default 512. */
  readonly maxIdLength?: number;
  /** Messages that a user may post in a second, over all of the user's connections. Default: no limit. */
  readonly messagesPerSecond?: number;
  /** Messages that a user may post at once before `messagesPerSecond` holds. Default: `messagesPerSecond`, at least 1. */
  readonly burst?: number;
  /** Bytes of one upload. Default 256 MiB. */
  readonly maxUploadBytes?: number;
  /** Bytes of one chunk of an upload. Default 1 MiB. */
  readonly maxUploadChunkBytes?: number;
  /** Messages that wait for one stream before it has to catch up from the room's log. Default 1,000. */
  readonly maxQueueMessages?: number;
  /** Bytes that wait for one stream before it has to catch up from the room's log. Default 4 MiB. */
  readonly maxQueueBytes?: number;
  /** How long a stream that was cut off as a slow consumer may take to read the error, in ms. Default 5,000. */
  readonly slowConsumerGraceMs?: number;
  /** Concurrent HTTP/2 streams on one connection. Default 1,000. */
  readonly maxStreamsPerConnection?: number;
  /** How long a connection may be silent before it is pinged, and how long the answer may take, in ms. Default 60,000. */
  readonly keepaliveMs?: number;
}

/** {@link Limits} with the defaults filled in; `undefined` messages a second is no limit. */
export type ResolvedLimits = Required<Omit<Limits, "messagesPerSecond">> & {
  readonly messagesPerSecond: number | undefined;
};

const mebibyte = 1024 * 1024;
const names: readonly (keyof Limits)[] = [
  "maxMessageBytes",
  "maxRoomsPerUser",
  "maxRooms",
  "maxIdLength",
  "messagesPerSecond",
  "burst",
  "maxUploadBytes",
  "maxUploadChunkBytes",
  "maxQueueMessages",
  "maxQueueBytes",
  "slowConsumerGraceMs",
  "maxStreamsPerConnection",
  "keepaliveMs",
];

/** Fills in the defaults; throws a RangeError or TypeError that names the limit. */
export function resolveLimits(limits: Limits = {}): ResolvedLimits {
  knownKeys("limits", limits, names);
  const whole = (name: keyof Limits, fallback: number, min = 1, max?: number) =>
    numberOption(`limits.${name}`, limits[name], fallback, max === undefined ? { min } : { min, max });
  const messagesPerSecond =
    limits.messagesPerSecond === undefined
      ? undefined
      : numberOption("limits.messagesPerSecond", limits.messagesPerSecond, 0, { min: 0.001, fraction: true });
  return {
    maxMessageBytes: whole("maxMessageBytes", 4 * mebibyte, 1, 1024 * mebibyte),
    maxRoomsPerUser: whole("maxRoomsPerUser", 1_000),
    maxRooms: whole("maxRooms", 100_000),
    maxIdLength: whole("maxIdLength", 512),
    messagesPerSecond,
    burst: whole("burst", Math.max(1, Math.ceil(messagesPerSecond ?? 1))),
    maxUploadBytes: whole("maxUploadBytes", 256 * mebibyte),
    maxUploadChunkBytes: whole("maxUploadChunkBytes", mebibyte, 1, 1024 * mebibyte),
    maxQueueMessages: whole("maxQueueMessages", 1_000),
    maxQueueBytes: whole("maxQueueBytes", 4 * mebibyte),
    slowConsumerGraceMs: whole("slowConsumerGraceMs", 5_000, 0),
    maxStreamsPerConnection: whole("maxStreamsPerConnection", 1_000, 1, 0x7fffffff),
    keepaliveMs: whole("keepaliveMs", 60_000),
  };
}
