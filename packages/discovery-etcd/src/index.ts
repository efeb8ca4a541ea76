export { EtcdDiscovery } from "./etcd-discovery.ts";
export type { EtcdDiscoveryOptions, EtcdTlsOptions } from "./etcd-discovery-options.ts";
