import type { ServiceInstance } from "./service-instance.ts";

/**
 * The next snapshot in the order of ids, of two entries with one id the last. An instance about which nothing has changed is
 * the object of `previous`, and when none has, the answer is `previous` itself.
 */
export function mergeSnapshot(
  previous: readonly ServiceInstance[],
  next: readonly ServiceInstance[],
): readonly ServiceInstance[] {
  const known = new Map(previous.map((instance) => [instance.id, instance]));
  const found = new Map(next.map((instance) => [instance.id, instance]));
  const merged = [...found.values()]
    .map((instance) => {
      const before = known.get(instance.id);
      return before !== undefined && sameInstance(before, instance) ? before : instance;
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const isSame = merged.length === previous.length && merged.every((instance, index) => instance === previous[index]);
  return isSame ? previous : merged;
}

function sameInstance(a: ServiceInstance, b: ServiceInstance): boolean {
  const keys = Object.keys(a.metadata);
  return (
    a.name === b.name &&
    a.address === b.address &&
    a.port === b.port &&
    a.health === b.health &&
    a.tags.length === b.tags.length &&
    a.tags.every((tag, index) => tag === b.tags[index]) &&
    keys.length === Object.keys(b.metadata).length &&
    keys.every((key) => a.metadata[key] === b.metadata[key])
  );
}
