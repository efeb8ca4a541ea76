import { integerOption, numberOption } from "./check-option.ts";

/** Options of `ConsistentHashBalancer`. Every process that shall agree on owners needs the same. */
export interface ConsistentHashOptions {
  /** Points on the ring for each unit of weight; default 160. With weights of about 100, take 2. */
  readonly virtualNodes?: number;
  /**
   * An instance that holds this factor times its share of the connections that are open, rounded up, gets no more; a key whose
   * owner is full goes to the next instance on the ring. From 1 to 100; by default there is no bound. The lower, the more
   * keys leave their owner; 1.25 is usual.
   */
  readonly loadFactor?: number;
}

/** Options after validation. */
export interface ResolvedConsistentHashOptions {
  readonly virtualNodes: number;
  readonly loadFactor: number | undefined;
}

/** Fills in the defaults; throws a RangeError that names option, value and what is allowed. */
export function resolveConsistentHashOptions(options: ConsistentHashOptions): ResolvedConsistentHashOptions {
  const { virtualNodes = 160, loadFactor } = options;
  integerOption("virtualNodes", virtualNodes, { min: 1, max: 10_000 });
  if (loadFactor !== undefined) numberOption("loadFactor", loadFactor, { min: 1, max: 100 });
  return { virtualNodes, loadFactor };
}
