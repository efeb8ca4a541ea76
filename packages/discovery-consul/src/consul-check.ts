import { formatAddress, type ServiceInstance } from "@im-sdk/contracts";
import { invalidOption, requireBoolean, requireMs } from "./require-option.ts";

/** Consul itself asks the instance, by `grpc.health.v1.Health/Check`, whether it serves. */
export interface GrpcCheck {
  readonly kind: "grpc";
  /** How often Consul asks; default 10,000. */
  readonly intervalMs?: number;
  /** How long the instance may take to answer; default 5,000. */
  readonly timeoutMs?: number;
  /** The instance serves TLS, so ask over TLS; default false. */
  readonly useTls?: boolean;
  /** Take any certificate of the instance, where Consul's agent does not know its authority; default false. */
  readonly skipTlsVerify?: boolean;
  /** Consul forgets an instance whose check has failed for so long; default 60,000, which is also the least. */
  readonly deregisterCriticalAfterMs?: number;
}

/** The instance tells Consul three times within `ttlMs` that it is alive; for instances that Consul's agent cannot reach. */
export interface TtlCheck {
  readonly kind: "ttl";
  /** Silence after which Consul takes the instance for dead; default 15,000, at least 1,000. */
  readonly ttlMs?: number;
  /** Consul forgets an instance that has been silent for so long; default 60,000, which is also the least. */
  readonly deregisterCriticalAfterMs?: number;
}

/**
 * How Consul finds out that a registered instance is dead.
 *
 * Source: https://developer.hashicorp.com/consul/docs/services/usage/checks
 */
export type ConsulCheck = GrpcCheck | TtlCheck;

/** A check after validation. */
export type ResolvedCheck = Required<GrpcCheck> | Required<TtlCheck>;

/** Fills in the defaults; throws a RangeError that names the option, its value and what is allowed. */
export function resolveCheck(check: ConsulCheck): ResolvedCheck {
  if (typeof check !== "object" || check === null) throw invalidOption("check", check, 'an object with a "kind"');
  const deregisterCriticalAfterMs = bounded(
    "deregisterCriticalAfterMs",
    check.deregisterCriticalAfterMs,
    60_000,
    60_000,
  );
  switch (check.kind) {
    case "grpc":
      return {
        kind: "grpc",
        intervalMs: bounded("intervalMs", check.intervalMs, 10_000, 1_000),
        timeoutMs: bounded("timeoutMs", check.timeoutMs, 5_000, 1),
        useTls: requireBoolean("check.useTls", check.useTls ?? false),
        skipTlsVerify: requireBoolean("check.skipTlsVerify", check.skipTlsVerify ?? false),
        deregisterCriticalAfterMs,
      };
    case "ttl":
      return { kind: "ttl", ttlMs: bounded("ttlMs", check.ttlMs, 15_000, 1_000), deregisterCriticalAfterMs };
    default:
      throw invalidOption("check.kind", (check as { kind?: unknown }).kind, '"grpc" or "ttl"');
  }
}

/** How often a registration is looked after: what keeps a TTL alive, and how soon a lost registration is noticed. */
export function heartbeatIntervalMs(check: ResolvedCheck): number {
  return check.kind === "ttl" ? check.ttlMs / 3 : 5_000;
}

/**
 * The body of a registration. The check begins as passing: the server that registers itself is up, and its clients need not
 * wait for the first check. That takes a check id which Consul does not know: a known one keeps its status, such as that of
 * the server which died under the same instance id.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/agent/service
 */
export function toServiceDefinition(instance: ServiceInstance, check: ResolvedCheck, checkId: string): object {
  const { id, name, address, port, tags, metadata } = instance;
  const how =
    check.kind === "ttl"
      ? { TTL: `${check.ttlMs}ms` }
      : {
          GRPC: formatAddress(address, port),
          GRPCUseTLS: check.useTls,
          TLSSkipVerify: check.skipTlsVerify,
          Interval: `${check.intervalMs}ms`,
          Timeout: `${check.timeoutMs}ms`,
        };
  return {
    ID: id,
    Name: name,
    Address: address,
    Port: port,
    Tags: tags,
    Meta: metadata,
    Check: {
      CheckID: checkId,
      Status: "passing",
      DeregisterCriticalServiceAfter: `${check.deregisterCriticalAfterMs}ms`,
      ...how,
    },
  };
}

/** A week is longer than anybody waits for a dead instance. */
const maxMs = 7 * 24 * 3_600_000;

function bounded(name: string, value: number | undefined, byDefault: number, min: number): number {
  return requireMs(`check.${name}`, value ?? byDefault, min, maxMs);
}
