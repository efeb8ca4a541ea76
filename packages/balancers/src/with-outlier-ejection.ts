import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { Outlier } from "./outlier.ts";
import { type OutlierEjectionOptions, resolveOutlierEjectionOptions } from "./outlier-ejection-options.ts";

/**
 * A balancer that leaves out instances to which connecting fails again and again. An ejected instance is not picked until its
 * time is over, and then by one connect at a time until one succeeds; each failure in between lengthens the next wait. Where
 * everything else is excluded or unhealthy, an ejected instance is picked all the same. Outcomes are told by `report`, so that
 * the clients of a process should share the balancer. No timers. Throws a RangeError for an option that cannot be.
 *
 * Source: gRFC A50, "Outlier Detection", in so far as it applies to connections: an outcome counts per connect, not per call.
 */
export function withOutlierEjection(balancer: LoadBalancer, options: OutlierEjectionOptions = {}): LoadBalancer {
  const resolved = resolveOutlierEjectionOptions(options);
  const { clock, maxEjectionPercent } = resolved;
  const outliers = new Map<string, Outlier>();
  /** Ids of those that are out. */
  const ejected = new Set<string>();
  let known: ReadonlyMap<string, ServiceInstance> = new Map();

  const maxEjected = () => Math.max(1, Math.floor((known.size * maxEjectionPercent) / 100));

  function choose(context: PickContext | undefined): ServiceInstance | undefined {
    if (ejected.size === 0) return balancer.pick(context);
    const nowMs = clock.now();
    const exclude = new Set(context?.exclude);
    const isUsable = ({ id, health }: ServiceInstance) => health !== "unhealthy" && !exclude.has(id);
    const hadUsable = [...known.values()].some(isUsable);
    for (const id of ejected) if (outliers.get(id)?.isClosed(nowMs)) exclude.add(id);
    // Leaving the ejected out must not bring up somebody who is in a worse state than they are.
    if (hadUsable && ![...known.values()].some(isUsable)) return balancer.pick(context);
    return balancer.pick({ ...context, exclude }) ?? balancer.pick(context);
  }

  function forget(id: string): void {
    outliers.delete(id);
    ejected.delete(id);
  }

  return {
    update(instances) {
      const before = known;
      known = new Map(instances.map((instance) => [instance.id, instance]));
      for (const id of outliers.keys()) if (!isSamePlace(before.get(id), known.get(id))) forget(id);
      for (const id of ejected) if (ejected.size > maxEjected()) forget(id);
      balancer.update(instances);
    },

    pick(context) {
      const picked = choose(context);
      if (picked !== undefined) outliers.get(picked.id)?.onPick(clock.now());
      return picked;
    },

    report(instance, outcome) {
      const nowMs = clock.now();
      const { id } = instance;
      let outlier = outliers.get(id);
      if (outlier === undefined && outcome === "failed" && known.has(id)) {
        outlier = new Outlier(resolved);
        outliers.set(id, outlier);
      }
      if (outcome === "failed") outlier?.onFailed(nowMs, () => ejected.size < maxEjected());
      if (outcome === "opened") outlier?.onOpened(nowMs);
      if (outlier?.isOut) ejected.add(id);
      else ejected.delete(id);
      if (outlier?.isForgotten(nowMs)) forget(id);
      balancer.report?.(instance, outcome);
    },
  };
}

/** Another address is another server, whatever its id. */
function isSamePlace(before: ServiceInstance | undefined, now: ServiceInstance | undefined): boolean {
  return before !== undefined && before.address === now?.address && before.port === now.port;
}
