export { formatAddress, parseAddress } from "./address.ts";
// For those who write a discovery, a registry or a store.
export { type BackoffOptions, backoffDelayMs } from "./backoff.ts";
export type { ClientStore, StoreChange, StoreEntry } from "./client-store.ts";
export type { Clock } from "./clock.ts";
export { systemClock } from "./clock.ts";
export type { LoadBalancer, PickContext } from "./load-balancer.ts";
export { mergeSnapshot } from "./merge-snapshot.ts";
export { RegistryError, type RegistryErrorCode, type RegistryErrorOptions } from "./registry-error.ts";
export { requireChanges } from "./require-changes.ts";
export { requireInstance } from "./require-instance.ts";
export type { ServiceDiscovery, WatchOptions } from "./service-discovery.ts";
export type { ServiceInstance } from "./service-instance.ts";
export type { RegisterOptions, Registration, ServiceRegistry } from "./service-registry.ts";
export { sleep } from "./sleep.ts";
export { SnapshotStream, type SnapshotStreamOptions } from "./snapshot-stream.ts";
export { StoreError, type StoreErrorCode } from "./store-error.ts";
export { tell } from "./tell.ts";
