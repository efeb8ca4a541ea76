import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { HealthTiers, type Tier } from "./health-tiers.ts";
import { type RandomOptions, resolveRandom } from "./random-options.ts";
import { withoutExcluded } from "./without-excluded.ts";

/** Any healthy instance, each with the same chance. Throws a TypeError for an option that cannot be. */
export class RandomBalancer implements LoadBalancer {
  readonly #tiers: HealthTiers<UniformChoice>;

  constructor(options: RandomOptions = {}) {
    const random = resolveRandom(options);
    this.#tiers = new HealthTiers(() => new UniformChoice(random));
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#tiers.update(instances);
  }

  pick(context?: PickContext): ServiceInstance | undefined {
    return this.#tiers.pick(context);
  }
}

class UniformChoice implements Tier {
  readonly #random: () => number;
  #instances: readonly ServiceInstance[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#instances = instances;
  }

  pick(context: PickContext | undefined): ServiceInstance | undefined {
    const instances = this.#instances;
    // Drawing again is as fair as drawing from the others, and mostly spares making a list of them.
    for (let draw = 0; draw < 4; draw++) {
      const drawn = instances[Math.floor(this.#random() * instances.length)];
      if (drawn === undefined || context?.exclude?.has(drawn.id) !== true) return drawn;
    }
    const candidates = withoutExcluded(instances, context);
    return candidates[Math.floor(this.#random() * candidates.length)];
  }
}
