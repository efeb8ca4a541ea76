import type { ServiceDiscovery, ServiceRegistry } from "@im-sdk/core";
import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { startConsul, startEtcd } from "@im-sdk/test-servers";

export type RegistryKind = "Consul" | "etcd";

/** How to start a registry of each kind. */
export const registryServers = { Consul: startConsul, etcd: startEtcd } as const;

/** How to reach a registry. */
export interface RegistryAccess {
  readonly kind: RegistryKind;
  readonly address: string;
  /** It is to notice a dead instance as soon as can be; else with its defaults. */
  readonly isHasty: boolean;
}

/** A client of a registry. */
export function createRegistry({ kind, address, isHasty }: RegistryAccess): ServiceDiscovery & ServiceRegistry {
  if (kind === "etcd") return new EtcdDiscovery({ endpoints: [address], ...(isHasty && { leaseTtlSeconds: 3 }) });
  return new ConsulDiscovery({ address, ...(isHasty && { check: { kind: "ttl", ttlMs: 1_000 } }) });
}
