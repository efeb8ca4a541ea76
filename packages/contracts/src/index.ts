export { formatAddress, parseAddress } from "./address.ts";
export type { Clock } from "./clock.ts";
export { systemClock } from "./clock.ts";
export type { LoadBalancer, PickContext } from "./load-balancer.ts";
export type { ServiceDiscovery } from "./service-discovery.ts";
export type { ServiceInstance } from "./service-instance.ts";
export type { RegisterOptions, Registration, ServiceRegistry } from "./service-registry.ts";
