import { type Clock, parseAddress, systemClock } from "@im-sdk/contracts";

/** TLS towards etcd, all PEM. */
export interface EtcdTlsOptions {
  /** Authorities to trust. Default: those of Node. */
  readonly ca?: string | Uint8Array;
  /** Certificate to show to etcd, with whatever lies between it and its authority. */
  readonly cert?: string | Uint8Array;
  /** Private key of `cert`. */
  readonly key?: string | Uint8Array;
}

/** Options of {@link EtcdDiscovery}. */
export interface EtcdDiscoveryOptions {
  /** Members of one etcd cluster, `host:port` each. Default `["localhost:2379"]`. */
  readonly endpoints?: readonly string[];
  /** Where the services are. An instance is at `<prefix>/<service name>/<instance id>`. Default `/services`. */
  readonly prefix?: string;
  /** Default: none, for an etcd that asks for none. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** `true` trusts the authorities of Node. Default `false`: plain. */
  readonly tls?: boolean | EtcdTlsOptions;
  /** How long an instance stays listed when its process is gone. Whole seconds, 3 or more. Default 15. */
  readonly leaseTtlSeconds?: number;
  /** Default: the clock of the process. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the jitter of backoffs. Default `Math.random`. */
  readonly random?: () => number;
}

/** The options with their defaults. Throws a RangeError that names the option, its value and what is allowed. */
export function resolveEtcdDiscoveryOptions(options: EtcdDiscoveryOptions) {
  const {
    endpoints = ["localhost:2379"],
    prefix = "/services",
    auth,
    tls = false,
    leaseTtlSeconds = 15,
    clock = systemClock,
    random = Math.random,
  } = options;
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw invalid("endpoints", String(endpoints), 'one address or more, such as ["localhost:2379"]');
  }
  for (const endpoint of endpoints) checkEndpoint(endpoint);
  if (typeof prefix !== "string" || prefix === "" || prefix.endsWith("/")) {
    throw invalid("prefix", `"${prefix}"`, 'a text that does not end with a slash, such as "/services"');
  }
  if (!Number.isInteger(leaseTtlSeconds) || leaseTtlSeconds < 3) {
    throw invalid("leaseTtlSeconds", String(leaseTtlSeconds), "an integer of 3 or more");
  }
  if (auth !== undefined && !(isText(auth.username) && isText(auth.password))) {
    throw invalid("auth", isText(auth.username) ? "no password" : "no username", "a username and a password");
  }
  if (typeof tls === "object" && (tls.cert === undefined) !== (tls.key === undefined)) {
    throw invalid("tls", tls.cert === undefined ? "a key alone" : "a cert alone", "cert and key, or neither");
  }
  return { endpoints: [...new Set(endpoints)], prefix, auth, tls, leaseTtlSeconds, clock, random };
}

/** What {@link resolveEtcdDiscoveryOptions} makes of the options. */
export type ResolvedOptions = ReturnType<typeof resolveEtcdDiscoveryOptions>;

function checkEndpoint(endpoint: unknown): void {
  try {
    parseAddress(String(endpoint));
  } catch (cause) {
    throw new RangeError(`option endpoints: ${cause instanceof Error ? cause.message : endpoint}`, { cause });
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function invalid(option: string, got: string, want: string): RangeError {
  return new RangeError(`option ${option} must be ${want}, got ${got}`);
}
