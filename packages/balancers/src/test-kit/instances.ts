import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { createInstance } from "@im-sdk/testing";

/** Instances by id, with weights where given: `{ a: 5, b: 1 }`, or `["a", "b"]`. */
export function instancesOf(ids: readonly string[] | Readonly<Record<string, number>>): ServiceInstance[] {
  if (Array.isArray(ids)) return ids.map((id: string) => createInstance(id));
  return Object.entries(ids).map(([id, weight]) => createInstance(id, { metadata: { weight: String(weight) } }));
}

/** Ids `n0`, `n1`, …. */
export function numberedIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${index}`);
}

/** The ids of so many picks, one after the other. */
export function pickIds(balancer: LoadBalancer, count: number, context?: PickContext): (string | undefined)[] {
  return Array.from({ length: count }, () => balancer.pick(context)?.id);
}

export function countOf(ids: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of ids) counts[String(id)] = (counts[String(id)] ?? 0) + 1;
  return counts;
}
