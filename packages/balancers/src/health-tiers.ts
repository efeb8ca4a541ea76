import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";

/** A policy over instances that are alike in health. */
export interface Tier {
  /** The whole set, in the order of ids, each once. */
  update(instances: readonly ServiceInstance[]): void;
  pick(context: PickContext | undefined): ServiceInstance | undefined;
}

/** A policy twice: over the usable instances, and over the unhealthy ones for when no usable one is left. */
export class HealthTiers<T extends Tier> implements LoadBalancer {
  readonly usable: T;
  readonly unhealthy: T;

  constructor(createTier: () => T) {
    this.usable = createTier();
    this.unhealthy = createTier();
  }

  update(instances: readonly ServiceInstance[]): void {
    const sorted = [...new Map(instances.map((instance) => [instance.id, instance])).values()].sort(byId);
    this.usable.update(sorted.filter(({ health }) => health !== "unhealthy"));
    this.unhealthy.update(sorted.filter(({ health }) => health === "unhealthy"));
  }

  pick(context: PickContext | undefined): ServiceInstance | undefined {
    return this.usable.pick(context) ?? this.unhealthy.pick(context);
  }
}

function byId(a: ServiceInstance, b: ServiceInstance): number {
  return a.id < b.id ? -1 : 1;
}
