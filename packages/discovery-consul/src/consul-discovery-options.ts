import { type ConnectionOptions, createSecureContext } from "node:tls";
import { type Clock, parseAddress, systemClock } from "@im-sdk/contracts";
import { type ConsulCheck, resolveCheck } from "./consul-check.ts";
import { invalidOption, requireMs, requireText } from "./require-option.ts";

/** TLS towards Consul; `true` means the system's certificate authorities and no client certificate. */
export type ConsulTls =
  | boolean
  | Pick<ConnectionOptions, "ca" | "cert" | "key" | "passphrase" | "pfx" | "servername" | "rejectUnauthorized">;

/** Which Consul, and how to talk to it. */
export interface ConsulDiscoveryOptions {
  /** Consul's HTTP API as `host:port` or `[ipv6]:port`, best that of the agent on this machine; default `localhost:8500`. */
  readonly address?: string;
  /** ACL token. Reading needs `service:read` and `node:read`, registering `service:write`. */
  readonly token?: string;
  /** Where to look for instances; default the agent's own datacenter. Registrations always go to that of the agent. */
  readonly datacenter?: string;
  /** Namespace of Consul Enterprise, for reading and registering. */
  readonly namespace?: string;
  /** Only instances that have this tag; default all. */
  readonly tag?: string;
  /** TLS to Consul; off by default. */
  readonly tls?: ConsulTls;
  /** How Consul checks what is registered here; default `{ kind: "grpc" }`. */
  readonly check?: ConsulCheck;
  /**
   * How long Consul holds a query of a watch while nothing changes, from 1,000 to 600,000; default 10,000. An agent that has
   * stopped answering is noticed after `waitMs` × 17/16 + `requestTimeoutMs` at the latest, by default 15.6 s.
   */
  readonly waitMs?: number;
  /** How long Consul may take to answer, beyond what it was asked to hold a query; default 5,000. */
  readonly requestTimeoutMs?: number;
  /** Time, for tests. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for tests. */
  readonly random?: () => number;
}

/** Options after validation. */
export type ResolvedConsulDiscoveryOptions = ReturnType<typeof resolveConsulDiscoveryOptions>;

/** Fills in the defaults; throws a RangeError that names the option, its value and what is allowed. */
export function resolveConsulDiscoveryOptions(options: ConsulDiscoveryOptions) {
  return {
    ...splitAddress(options.address ?? "localhost:8500"),
    token: resolveToken(options.token),
    datacenter: optionalText("datacenter", options.datacenter),
    namespace: optionalText("namespace", options.namespace),
    tag: optionalText("tag", options.tag),
    tls: resolveTls(options.tls ?? false),
    check: resolveCheck(options.check ?? { kind: "grpc" }),
    // Consul cuts longer waits to ten minutes, and a timeout reckoned from more would notice a dead agent too late.
    waitMs: requireMs("waitMs", options.waitMs ?? 10_000, 1_000, 600_000),
    requestTimeoutMs: requireMs("requestTimeoutMs", options.requestTimeoutMs ?? 5_000, 1, 600_000),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

function splitAddress(address: string): { host: string; port: number } {
  try {
    const { address: host, port } = parseAddress(address);
    return { host, port };
  } catch {
    throw invalidOption("address", address, 'host:port or [ipv6]:port, such as "localhost:8500"');
  }
}

function optionalText(name: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : requireText(name, value);
}

/** It travels as a header. The value is left out of the error: it is a secret. */
function resolveToken(token: string | undefined): string | undefined {
  if (token === undefined || (typeof token === "string" && /^[\x21-\x7e]+$/.test(token))) return token;
  throw new RangeError("token must be printable ASCII without spaces");
}

/** A certificate or key that cannot be read would otherwise fail only when connecting, far from the mistake. */
function resolveTls(tls: ConsulTls): ConsulTls {
  if (typeof tls === "boolean") return tls;
  if (typeof tls !== "object" || tls === null)
    throw invalidOption("tls", tls, "a boolean or an object of certificates");
  try {
    createSecureContext(tls);
    return tls;
  } catch (error) {
    throw new RangeError(`tls cannot be used: ${(error as Error).message}`, { cause: error });
  }
}
