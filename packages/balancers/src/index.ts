export { ConsistentHashBalancer } from "./consistent-hash-balancer.ts";
export type { ConsistentHashOptions } from "./consistent-hash-options.ts";
export { LeastConnectionsBalancer } from "./least-connections-balancer.ts";
export type { OutlierEjectionOptions } from "./outlier-ejection-options.ts";
export { RandomBalancer } from "./random-balancer.ts";
export type { RandomOptions } from "./random-options.ts";
export { RoundRobinBalancer } from "./round-robin-balancer.ts";
export { WeightedRoundRobinBalancer, type WeightedRoundRobinOptions } from "./weighted-round-robin-balancer.ts";
export { withOutlierEjection } from "./with-outlier-ejection.ts";
