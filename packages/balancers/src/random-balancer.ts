import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { HealthTiers, type Tier } from "./health-tiers.ts";
import { type RandomOptions, resolveRandom } from "./random-options.ts";
import { withoutExcluded } from "./without-excluded.ts";

/** Any healthy instance, each with the same chance. Throws a TypeError for an option that cannot be. */
export class RandomBalancer implements LoadBalancer {
  readonly #tiers: HealthTiers<Lottery>;

  constructor(options: RandomOptions = {}) {
    const random = resolveRandom(options);
    this.#tiers = new HealthTiers(() => new Lottery(random));
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#tiers.update(instances);
  }

  pick(context?: PickContext): ServiceInstance | undefined {
    return this.#tiers.pick(context);
  }
}

class Lottery implements Tier {
  readonly #random: () => number;
  #instances: readonly ServiceInstance[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#instances = instances;
  }

  pick(context: PickContext | undefined): ServiceInstance | undefined {
    const candidates = withoutExcluded(this.#instances, context);
    return candidates[Math.floor(this.#random() * candidates.length)];
  }
}
