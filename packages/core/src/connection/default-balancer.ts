import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";

/** The balancer of a client that was given none: each instance in turn from a random start, unhealthy ones last. */
export function createDefaultBalancer(random: () => number = Math.random): LoadBalancer {
  let instances: readonly ServiceInstance[] = [];
  let position: number | undefined;

  return {
    update(next) {
      instances = [...next];
      position ??= Math.floor(random() * Math.max(1, next.length));
    },
    pick({ exclude }: PickContext = {}) {
      const start = position ?? 0;
      let lastResort: { instance: ServiceInstance; index: number } | undefined;
      for (let step = 0; step < instances.length; step++) {
        const index = (start + step) % instances.length;
        const instance = instances[index];
        if (instance === undefined || exclude?.has(instance.id)) continue;
        if (instance.health !== "unhealthy") {
          position = index + 1;
          return instance;
        }
        lastResort ??= { instance, index };
      }
      if (lastResort !== undefined) position = lastResort.index + 1;
      return lastResort?.instance;
    },
  };
}
