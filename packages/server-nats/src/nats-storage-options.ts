import { type NatsAudioStoreOptions, resolveNatsAudioStoreOptions } from "./audio/nats-audio-store-options.ts";
import { shown } from "./check-options.ts";
import { type NatsPresenceOptions, resolveNatsPresenceOptions } from "./presence/nats-presence-options.ts";

/** TLS towards NATS, all PEM. */
export interface NatsTlsOptions {
  /** Authorities to trust. Default: those of Node. */
  readonly ca?: string;
  /** Certificate to show to NATS, with whatever lies between it and its authority. */
  readonly cert?: string;
  /** Private key of `cert`. */
  readonly key?: string;
}

/** Which NATS {@link natsStorage} uses, and how. */
export interface NatsStorageOptions {
  /** Servers of one NATS, `host:port` each; one is used while it answers, the others when it does not. Default `localhost:4222`. */
  readonly servers?: string | readonly string[];
  /** Letters, digits, `_` and `-` that the names of all streams begin with; servers with the same share their rooms. Default `im`. */
  readonly prefix?: string;
  /** Default: none, for a NATS that asks for none. */
  readonly user?: string;
  /** Password of `user`. */
  readonly password?: string;
  /** Path of a credentials file with the token and the seed of a user, instead of `user` and `password`. */
  readonly credentialsFile?: string;
  /** `true` takes no NATS without TLS, and trusts the authorities of Node. Default `false`: as NATS wants it. */
  readonly tls?: boolean | NatsTlsOptions;
  /**
   * Copies that a cluster keeps of each room, of presence and of recordings: 1, 3 or 5. What is there already gets more when it has
   * fewer, and never fewer. Default 1.
   */
  readonly replicas?: number;
  /** How long a message may wait for NATS, in ms; then it is refused, to be tried again. Default 10,000. */
  readonly appendTimeoutMs?: number;
  /** Messages that may wait for NATS at a time, of all rooms; further ones are refused, to be tried again. Default 50,000. */
  readonly maxWaitingMessages?: number;
  /** Bytes that may wait for NATS at a time, of all rooms. Default 64 MiB. */
  readonly maxWaitingBytes?: number;
  /** Who is in which room. */
  readonly presence?: Omit<NatsPresenceOptions, "bucket" | "replicas">;
  /** Recordings; `false` keeps them where the server does without this storage. */
  readonly audio?: Omit<NatsAudioStoreOptions, "bucket" | "replicas"> | false;
}

/** {@link NatsStorageOptions} with the defaults filled in. */
export type ResolvedNatsOptions = ReturnType<typeof resolveNatsStorageOptions>;

const names: readonly (keyof NatsStorageOptions)[] = [
  "servers",
  "prefix",
  "user",
  "password",
  "credentialsFile",
  "tls",
  "replicas",
  "appendTimeoutMs",
  "maxWaitingMessages",
  "maxWaitingBytes",
  "presence",
  "audio",
];

/** Fills in the defaults; throws a TypeError that names option, value (unless it is secret) and what is allowed. */
export function resolveNatsStorageOptions(options: NatsStorageOptions) {
  for (const [name, value] of Object.entries(options)) {
    if (names.some((each) => each === name)) continue;
    throw new TypeError(`${name} is ${shown(value)}, but there is no such option: want one of ${names.join(", ")}`);
  }
  const { servers = "localhost:4222", prefix = "im", tls = false, replicas = 1, credentialsFile } = options;
  const list: readonly unknown[] = Array.isArray(servers) ? servers : [servers];
  if (list.length === 0 || !list.every(isAddress)) {
    throw new TypeError(`servers is ${list.map(shown).join(", ") || "empty"}: want one host:port or more`);
  }
  if (typeof prefix !== "string" || !/^[\w-]{1,64}$/.test(prefix)) {
    throw new TypeError(`prefix is ${shown(prefix)}: want 1 to 64 letters, digits, _ and -`);
  }
  if (![1, 3, 5].includes(replicas)) throw new TypeError(`replicas is ${shown(replicas)}: want 1, 3 or 5`);
  checkCredentials(options);
  checkTls(tls);
  const { presence = {}, audio = {} } = options;
  resolveNatsPresenceOptions(presence);
  if (audio !== false) resolveNatsAudioStoreOptions(audio);
  return {
    servers: list.filter(isAddress),
    prefix,
    user: options.user,
    password: options.password,
    credentialsFile,
    tls,
    replicas,
    presence,
    audio,
    appendTimeoutMs: wholeNumber("appendTimeoutMs", options.appendTimeoutMs, 10_000),
    maxWaitingMessages: wholeNumber("maxWaitingMessages", options.maxWaitingMessages, 50_000),
    maxWaitingBytes: wholeNumber("maxWaitingBytes", options.maxWaitingBytes, 64 * 1024 * 1024),
  };
}

function checkCredentials({ user, password, credentialsFile }: NatsStorageOptions): void {
  if (user !== undefined && !isText(user)) throw new TypeError(`user is ${shown(user)}: want a name`);
  if ((user === undefined) !== (password === undefined) || (password !== undefined && !isText(password))) {
    throw new TypeError(`user is ${shown(user)}, password is ${given(password)}: want both, or neither`);
  }
  if (credentialsFile === undefined) return;
  if (!isText(credentialsFile)) {
    throw new TypeError(`credentialsFile is ${shown(credentialsFile)}: want the path of a file`);
  }
  if (user !== undefined) throw new TypeError(`credentialsFile and user are both given: want one of them`);
}

function checkTls(tls: boolean | NatsTlsOptions): void {
  if (typeof tls === "boolean") return;
  if (typeof tls !== "object" || tls === null)
    throw new TypeError(`tls is ${shown(tls)}: want true, false or an object`);
  for (const [name, value] of Object.entries(tls)) {
    if (!["ca", "cert", "key"].includes(name))
      throw new TypeError(`tls.${name}: there is no such option: want ca, cert, key`);
    if (!isText(value)) throw new TypeError(`tls.${name} is no text: want PEM`);
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TypeError(`tls.cert is ${given(tls.cert)}, tls.key is ${given(tls.key)}: want both, or neither`);
  }
}

function wholeNumber(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new TypeError(`${name} is ${shown(value)}: want a whole number of at least 1`);
}

function isAddress(value: unknown): value is string {
  return typeof value === "string" && /^[^\s/@,]+:\d{1,5}$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function given(value: unknown): string {
  return value === undefined ? "not given" : "given";
}
