import type { PickContext, ServiceInstance } from "@im-sdk/contracts";

/** The instances that this attempt may still have; the list itself when that is all of them. */
export function withoutExcluded(
  instances: readonly ServiceInstance[],
  context: PickContext | undefined,
): readonly ServiceInstance[] {
  const exclude = context?.exclude;
  return exclude === undefined || exclude.size === 0 ? instances : instances.filter(({ id }) => !exclude.has(id));
}
