import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { HealthTiers, type Tier } from "./health-tiers.ts";
import { type RandomOptions, resolveRandom } from "./random-options.ts";

/**
 * Each healthy instance in turn, in the order of ids from a random start, so that many processes do not begin with the same
 * one. Whose turn it is survives every update. Throws a TypeError for an option that cannot be.
 */
export class RoundRobinBalancer implements LoadBalancer {
  readonly #tiers: HealthTiers<Rotation>;

  constructor(options: RandomOptions = {}) {
    const random = resolveRandom(options);
    this.#tiers = new HealthTiers(() => new Rotation(random));
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#tiers.update(instances);
  }

  pick(context?: PickContext): ServiceInstance | undefined {
    return this.#tiers.pick(context);
  }
}

class Rotation implements Tier {
  /** Where the first turn is, as a share of the set: of the one at the first pick, however it came about. */
  readonly #start: number;
  #hasPicked = false;
  #instances: readonly ServiceInstance[] = [];
  /** Index of the instance whose turn it is. */
  #next = 0;
  /** Whose turn it was at the last pick, since when there were updates: it may have gone, and may come back. */
  #dueId: string | undefined;

  constructor(random: () => number) {
    this.#start = random();
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#dueId ??= this.#instances[this.#next]?.id;
    const dueId = this.#dueId;
    this.#instances = instances;
    if (!this.#hasPicked || dueId === undefined) this.#next = Math.floor(this.#start * instances.length);
    else
      this.#next = Math.max(
        0,
        instances.findIndex(({ id }) => id >= dueId),
      );
  }

  pick(context: PickContext | undefined): ServiceInstance | undefined {
    const exclude = context?.exclude;
    const instances = this.#instances;
    for (let step = 0; step < instances.length; step++) {
      const instance = instances[this.#next];
      this.#next = this.#next + 1 < instances.length ? this.#next + 1 : 0;
      if (instance === undefined || exclude?.has(instance.id) === true) continue;
      this.#hasPicked = true;
      this.#dueId = undefined;
      return instance;
    }
    return undefined;
  }
}
