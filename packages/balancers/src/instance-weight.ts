import type { ServiceInstance } from "@im-sdk/contracts";

/** The share of an instance, from `metadata.weight`: 1 when absent or no positive decimal integer that Number holds exactly. */
export function instanceWeight({ metadata }: ServiceInstance): number {
  // Of instances that a user made by hand, there may be none.
  const text = metadata?.weight;
  if (text === undefined || !/^\d+$/.test(text)) return 1;
  const weight = Number(text);
  return weight >= 1 && Number.isSafeInteger(weight) ? weight : 1;
}
