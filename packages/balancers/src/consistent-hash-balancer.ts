import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { integerOption, numberOption } from "./check-option.ts";
import { ConnectionCounts } from "./connection-counts.ts";
import { HealthTiers } from "./health-tiers.ts";
import { InstanceRing } from "./instance-ring.ts";

/** Options of {@link ConsistentHashBalancer}. Every process that shall agree on owners needs the same. */
export interface ConsistentHashOptions {
  /** Points on the ring for each unit of weight; default 160. With weights about 100, take 2. */
  readonly virtualNodes?: number;
  /**
   * No instance gets more connections than this factor times its share of all, rounded up; a key whose owner is full goes to the
   * next instance on the ring. From 1 to 100; by default there is no bound. Connections are told by `report`, so that
   * the clients of a process must share the balancer. At its strongest with 1, at the price of more keys that move; 1.25 is usual.
   */
  readonly loadFactor?: number;
}

/**
 * Each key (the user id, unless the client's `hashKey` says otherwise) has one owner among the healthy instances, the same in
 * every process, in proportion to `metadata.weight` up to 10,000. An instance that comes takes keys from the others for itself only,
 * and one that goes gives only its own away. Without a key the owner is that of the empty text. Throws a RangeError for an
 * option that cannot be.
 *
 * Sources: Karger et al., "Consistent Hashing and Random Trees" (1997); Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing
 * with Bounded Loads" (2018).
 */
export class ConsistentHashBalancer implements LoadBalancer {
  readonly #counts = new ConnectionCounts();
  readonly #tiers: HealthTiers<InstanceRing>;

  constructor({ virtualNodes = 160, loadFactor }: ConsistentHashOptions = {}) {
    integerOption("virtualNodes", virtualNodes, { min: 1, max: 10_000 });
    if (loadFactor !== undefined) numberOption("loadFactor", loadFactor, { min: 1, max: 100 });
    this.#tiers = new HealthTiers(() => new InstanceRing(virtualNodes, loadFactor, this.#counts));
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#tiers.update(instances);
  }

  pick(context?: PickContext): ServiceInstance | undefined {
    return this.#tiers.pick(context);
  }

  report(instance: ServiceInstance, outcome: "opened" | "closed" | "failed"): void {
    const change = this.#counts.report(instance.id, outcome);
    this.#tiers.usable.onCountChange(instance.id, change);
    this.#tiers.unhealthy.onCountChange(instance.id, change);
  }
}
