import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { ConnectionCounts } from "./connection-counts.ts";
import { HealthTiers, type Tier } from "./health-tiers.ts";
import { type RandomOptions, resolveRandom } from "./random-options.ts";
import { WeightedDraw } from "./weighted-draw.ts";
import { withoutExcluded } from "./without-excluded.ts";

/**
 * Of two healthy instances drawn at random by weight, the one with fewer connections for its weight. It counts the connections of
 * the clients that share it, told by `report`: those that are open, not those that are still being made. Give one balancer
 * to all clients of a process. Throws a TypeError for an option
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
  #all: WeightedDraw = new WeightedDraw([]);

  constructor(counts: ConnectionCounts, random: () => number) {
    this.#counts = counts;
    this.#random = random;
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#all = new WeightedDraw(instances);
  }

  pick(context: PickContext | undefined): ServiceInstance | undefined {
    const left = withoutExcluded(this.#all.instances, context);
    const draw = left === this.#all.instances ? this.#all : new WeightedDraw(left);
    const first = draw.first(this.#random());
    const second = draw.second(this.#random(), first);
    return this.#loadWith(draw, second) < this.#loadWith(draw, first) ? left[second] : left[first];
  }

  /** Connections for each unit of weight, once another one is there. */
  #loadWith({ instances, weights }: WeightedDraw, index: number): number {
    return (this.#counts.of(instances[index]?.id ?? "") + 1) / (weights[index] ?? 1);
  }
}
