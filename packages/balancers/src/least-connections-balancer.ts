import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { ConnectionCounts } from "./connection-counts.ts";
import { HealthTiers, type Tier } from "./health-tiers.ts";
import { instanceWeight } from "./instance-weight.ts";
import { type RandomOptions, resolveRandom } from "./random-options.ts";
import { withoutExcluded } from "./without-excluded.ts";

/**
 * Of two healthy instances drawn at random, the one with fewer connections for its weight. It counts the connections of the
 * clients that share it, told by `report`: give one balancer to all clients of a process. Throws a TypeError for an option
 * that cannot be.
 *
 * Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (2001).
 */
export class LeastConnectionsBalancer implements LoadBalancer {
  readonly #counts = new ConnectionCounts();
  readonly #tiers: HealthTiers<TwoChoices>;

  constructor(options: RandomOptions = {}) {
    const random = resolveRandom(options);
    this.#tiers = new HealthTiers(() => new TwoChoices(this.#counts, random));
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#tiers.update(instances);
  }

  pick(context?: PickContext): ServiceInstance | undefined {
    return this.#tiers.pick(context);
  }

  report(instance: ServiceInstance, outcome: "opened" | "closed" | "failed"): void {
    this.#counts.report(instance.id, outcome);
  }
}

class TwoChoices implements Tier {
  readonly #counts: ConnectionCounts;
  readonly #random: () => number;
  #instances: readonly ServiceInstance[] = [];
  #weights: ReadonlyMap<string, number> = new Map();

  constructor(counts: ConnectionCounts, random: () => number) {
    this.#counts = counts;
    this.#random = random;
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#instances = instances;
    this.#weights = new Map(instances.map((instance) => [instance.id, instanceWeight(instance)]));
  }

  pick(context: PickContext | undefined): ServiceInstance | undefined {
    const candidates = withoutExcluded(this.#instances, context);
    const first = Math.floor(this.#random() * candidates.length);
    // Any index but the first.
    const second = (first + 1 + Math.floor(this.#random() * (candidates.length - 1))) % candidates.length;
    const [one, other] = [candidates[first], candidates[second]];
    if (one === undefined || other === undefined) return one;
    return this.#loadWith(other) < this.#loadWith(one) ? other : one;
  }

  /** Connections for each unit of weight, once another one is there. */
  #loadWith({ id }: ServiceInstance): number {
    return (this.#counts.of(id) + 1) / (this.#weights.get(id) ?? 1);
  }
}
