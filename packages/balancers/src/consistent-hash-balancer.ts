import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { ConnectionCounts } from "./connection-counts.ts";
import { type ConsistentHashOptions, resolveConsistentHashOptions } from "./consistent-hash-options.ts";
import { HealthTiers } from "./health-tiers.ts";
import { InstanceRing } from "./instance-ring.ts";

/**
 * Each key (the user id, unless the client's `hashKey` says otherwise) has one owner among the healthy instances, the same in
 * every process, in proportion to `metadata.weight`. An instance that comes takes keys from the others for itself only, and one
 * that goes gives only its own away. Without a key the owner is that of the empty text. A weight times `virtualNodes` is held to
 * 100,000.
 *
 * With a `loadFactor` it counts the connections of the clients that share it, told by `report`: those that are open, not those
 * that are still being made. Throws a RangeError for an option that cannot be.
 *
 * Sources: Karger et al., "Consistent Hashing and Random Trees" (1997); Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing
 * with Bounded Loads" (2018).
 */
export class ConsistentHashBalancer implements LoadBalancer {
  readonly #counts = new ConnectionCounts();
  readonly #tiers: HealthTiers<InstanceRing>;

  constructor(options: ConsistentHashOptions = {}) {
    const resolved = resolveConsistentHashOptions(options);
    this.#tiers = new HealthTiers(() => new InstanceRing(resolved, this.#counts));
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
