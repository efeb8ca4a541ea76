import { describe, knownKeys, numberOption } from "./check-option.ts";

/** How a room behaves; everything is optional, and can be changed while the server runs. */
export interface RoomOptions {
  /** Name for people. Default: empty. */
  readonly name?: string;
  /** What the room is about. Default: empty. */
  readonly description?: string;
  /** Users at the most; another join is refused with RESOURCE_EXHAUSTED. Default 0, no limit. */
  readonly maxUsers?: number;
  /** The room and its log outlive the last member; in a `storage` a log does so anyway. Default false. */
  readonly persistent?: boolean;
  /** How long a message is kept, in seconds. Default 0, which leaves it to `retention.ttlMs`. */
  readonly messageTtlSeconds?: number;
  /** How long an empty room that is not persistent is kept, with its log unless that is in a `storage`, in seconds. Default 300. */
  readonly idleTimeoutSeconds?: number;
  /** AUDIO messages and uploads are allowed, else PERMISSION_DENIED. Default true. */
  readonly allowAudio?: boolean;
  /** RICH_TEXT messages are allowed, else PERMISSION_DENIED. Default true. */
  readonly allowRichText?: boolean;
  /** Uploads are transcribed without being asked, when the server has a `transcribe` hook. Default false. */
  readonly autoTranscribe?: boolean;
  /** Users who may read but not write: PERMISSION_DENIED. Default none. */
  readonly mutedUsers?: readonly string[];
  /** Users shown as moderators. Default none. */
  readonly moderators?: readonly string[];
  /** Users shown as admins. Default none. */
  readonly admins?: readonly string[];
}

/** {@link RoomOptions} with the defaults filled in, users as sets. */
export type ResolvedRoomOptions = Required<Omit<RoomOptions, "mutedUsers" | "moderators" | "admins">> & {
  readonly mutedUsers: ReadonlySet<string>;
  readonly moderators: ReadonlySet<string>;
  readonly admins: ReadonlySet<string>;
};

const texts = ["name", "description"] as const;
const switches = ["persistent", "allowAudio", "allowRichText", "autoTranscribe"] as const;
const counts = ["maxUsers", "messageTtlSeconds", "idleTimeoutSeconds"] as const;
const userLists = ["mutedUsers", "moderators", "admins"] as const;

/** Fills in the defaults; throws a RangeError or TypeError that starts with `path`, such as `rooms.lobby`. */
export function resolveRoomOptions(path: string, options: RoomOptions = {}): ResolvedRoomOptions {
  knownKeys(path, options, [...texts, ...switches, ...counts, ...userLists]);
  for (const key of texts) expectType(`${path}.${key}`, options[key], "string");
  for (const key of switches) expectType(`${path}.${key}`, options[key], "boolean");
  const users = (key: (typeof userLists)[number]) => new Set(expectTexts(`${path}.${key}`, options[key] ?? []));
  return {
    name: options.name ?? "",
    description: options.description ?? "",
    maxUsers: numberOption(`${path}.maxUsers`, options.maxUsers, 0, { min: 0, max: 0x7fffffff }),
    persistent: options.persistent ?? false,
    messageTtlSeconds: numberOption(`${path}.messageTtlSeconds`, options.messageTtlSeconds, 0, { min: 0 }),
    idleTimeoutSeconds: numberOption(`${path}.idleTimeoutSeconds`, options.idleTimeoutSeconds, 300, { min: 0 }),
    allowAudio: options.allowAudio ?? true,
    allowRichText: options.allowRichText ?? true,
    autoTranscribe: options.autoTranscribe ?? false,
    mutedUsers: users("mutedUsers"),
    moderators: users("moderators"),
    admins: users("admins"),
  };
}

function expectType(name: string, value: unknown, type: "string" | "boolean"): void {
  if (value !== undefined && typeof value !== type)
    throw new TypeError(`${name} is ${describe(value)}: want a ${type}`);
}

function expectTexts(name: string, value: readonly string[]): readonly string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    throw new TypeError(`${name} is ${describe(value)}: want an array of user ids`);
  }
  return value;
}
