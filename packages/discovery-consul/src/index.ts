export type { ConsulCheck, GrpcCheck, TtlCheck } from "./consul-check.ts";
export { ConsulDiscovery } from "./consul-discovery.ts";
export type { ConsulDiscoveryOptions, ConsulTls } from "./consul-discovery-options.ts";
