import type { Clock } from "@im-sdk/contracts";
import type { Transcribe } from "../audio/transcripts.ts";
import { backgroundClock } from "../background-clock.ts";
import type { Authenticate } from "../identity/authenticator.ts";
import { allCapabilities, type Capability } from "../identity/capabilities.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { describe, functionOption } from "./check-option.ts";
import { type Limits, type ResolvedLimits, resolveLimits } from "./limits.ts";
import { type ResolvedRetention, type Retention, resolveRetention } from "./retention.ts";
import { type ResolvedRoomOptions, type RoomOptions, resolveRoomOptions } from "./room-options.ts";
import { type ResolvedStorage, resolveStorage, type StorageOptions, storageOptionNames } from "./storage-options.ts";

/** How the service behaves, whatever carries it. */
export interface ImServiceOptions extends StorageOptions {
  /** Tells whose token a call carries, or throws. Default: everybody is who they say they are. */
  readonly authenticate?: Authenticate;
  /** Turns a recording into text. Default: there are no transcripts. */
  readonly transcribe?: Transcribe;
  /** How much one client may take. */
  readonly limits?: Limits;
  /** How long messages are kept. */
  readonly retention?: Retention;
  /** Rooms with options of their own, by room id. */
  readonly rooms?: Readonly<Record<string, RoomOptions>>;
  /** Options of all other rooms. */
  readonly defaultRoom?: RoomOptions;
  /** What `audio_url` begins with, as clients reach the server. Default: the address that the server listens on. */
  readonly publicUrl?: string;
  /** Where the server writes what it has to say. Default: nowhere. */
  readonly logger?: Logger;
  /** Extensions that are offered; none makes it a plain `im.v1` server. Default: `ack` and `resume`. */
  readonly capabilities?: readonly Capability[];
  /** Time and timers. Default: those of the process. */
  readonly clock?: Clock;
}

/** {@link ImServiceOptions}, checked and with the defaults filled in. */
export interface ResolvedServiceOptions extends ResolvedStorage {
  readonly authenticate: Authenticate | undefined;
  readonly transcribe: Transcribe | undefined;
  readonly limits: ResolvedLimits;
  readonly retention: ResolvedRetention;
  readonly rooms: ReadonlyMap<string, ResolvedRoomOptions>;
  readonly defaultRoom: ResolvedRoomOptions;
  readonly publicUrl: string | undefined;
  readonly logger: Logger;
  readonly capabilities: ReadonlySet<Capability>;
  readonly clock: Clock;
}

/** Names of all {@link ImServiceOptions}. */
export const serviceOptionNames: readonly (keyof ImServiceOptions)[] = [
  "authenticate",
  "transcribe",
  "limits",
  "retention",
  "rooms",
  "defaultRoom",
  "publicUrl",
  "logger",
  "capabilities",
  "clock",
  ...storageOptionNames,
];

/** Fills in the defaults; throws a RangeError or TypeError that names option, value and what is allowed. */
export function resolveServiceOptions(options: ImServiceOptions): ResolvedServiceOptions {
  const rooms = Object.entries(options.rooms ?? {});
  return {
    authenticate: functionOption("authenticate", options.authenticate),
    transcribe: functionOption("transcribe", options.transcribe),
    limits: resolveLimits(options.limits),
    retention: resolveRetention(options.retention),
    rooms: new Map(rooms.map(([roomId, room]) => [roomId, resolveRoomOptions(`rooms.${roomId}`, room)])),
    defaultRoom: resolveRoomOptions("defaultRoom", options.defaultRoom),
    ...resolveStorage(options),
    publicUrl: options.publicUrl === undefined ? undefined : checkUrl(options.publicUrl),
    logger: options.logger ?? silentLogger,
    capabilities: new Set((options.capabilities ?? allCapabilities).map(checkCapability)),
    clock: options.clock ?? backgroundClock,
  };
}

function checkCapability(capability: Capability): Capability {
  if (allCapabilities.includes(capability)) return capability;
  throw new RangeError(`capabilities has ${describe(capability)}: want any of ${allCapabilities.join(", ")}`);
}

function checkUrl(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new TypeError(`publicUrl is ${describe(url)}: want an http or https URL, such as "https://im.example.com"`);
  }
  return url.replace(/\/+$/, "");
}
