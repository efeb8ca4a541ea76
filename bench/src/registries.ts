import type { ServiceDiscovery, ServiceRegistry } from "@im-sdk/core";
import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { startConsul, startEtcd } from "@im-sdk/test-servers";

export type RegistryKind = "Consul" | "etcd";

/** How to start a registry of each kind. */
export const registryServers = { Consul: startConsul, etcd: startEtcd } as const;

/** A client of a registry, with its defaults. */
export function createRegistry(kind: RegistryKind, address: string): ServiceDiscovery & ServiceRegistry {
  return kind === "Consul" ? new ConsulDiscovery({ address }) : new EtcdDiscovery({ endpoints: [address] });
}
