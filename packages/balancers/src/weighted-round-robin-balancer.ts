import type { LoadBalancer, PickContext, ServiceInstance } from "@im-sdk/contracts";
import { HealthTiers, type Tier } from "./health-tiers.ts";
import { instanceWeight } from "./instance-weight.ts";
import { type RandomOptions, resolveRandom } from "./random-options.ts";
import { WeightedDraw } from "./weighted-draw.ts";

/** Options of {@link WeightedRoundRobinBalancer}. */
export interface WeightedRoundRobinOptions extends RandomOptions {
  /**
   * The first pick is drawn by weight instead of being the heaviest instance: for processes that pick only once or twice, and would
   * otherwise all begin with the same. Default false.
   */
  readonly randomStart?: boolean;
}

/**
 * Healthy instances in proportion to `metadata.weight`, an instance's picks spread evenly among the others'. An update keeps the
 * state of every instance whose weight it does not change; a new one starts at 0. A pick looks at each instance once.
 *
 * The proportion is that of all picks of one balancer: share it among the clients of a process, and where each process has one client,
 * take `randomStart`. Throws a TypeError for an option that cannot be.
 *
 * Source: nginx, ngx_http_upstream_round_robin.c, "smooth weighted round-robin".
 */
export class WeightedRoundRobinBalancer implements LoadBalancer {
  readonly #tiers: HealthTiers<SmoothRotation>;

  constructor(options: WeightedRoundRobinOptions = {}) {
    const random = resolveRandom(options);
    const { randomStart = false } = options;
    if (typeof randomStart !== "boolean") {
      throw new TypeError(`randomStart is ${String(randomStart)}: want true or false`);
    }
    this.#tiers = new HealthTiers(() => new SmoothRotation(randomStart ? random : undefined));
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#tiers.update(instances);
  }

  pick(context?: PickContext): ServiceInstance | undefined {
    return this.#tiers.pick(context);
  }
}

class SmoothRotation implements Tier {
  /** Draws the first pick; gone once that was made. */
  #drawFirst: (() => number) | undefined;
  #instances: readonly ServiceInstance[] = [];
  #weights = new Float64Array();
  /** How far each instance is behind its share; the one furthest behind is next. */
  #owed = new Float64Array();

  constructor(drawFirst: (() => number) | undefined) {
    this.#drawFirst = drawFirst;
  }

  update(instances: readonly ServiceInstance[]): void {
    const before = new Map(this.#instances.map(({ id }, index) => [id, index]));
    const weights = Float64Array.from(instances, instanceWeight);
    this.#owed = Float64Array.from(instances, ({ id }, index) => {
      const at = before.get(id) ?? -1;
      return this.#weights[at] === weights[index] ? (this.#owed[at] ?? 0) : 0;
    });
    this.#instances = instances;
    this.#weights = weights;
  }

  pick(context: PickContext | undefined): ServiceInstance | undefined {
    const instances = this.#instances;
    const weights = this.#weights;
    const owed = this.#owed;
    const exclude = context?.exclude;
    let total = 0;
    let most = Number.NEGATIVE_INFINITY;
    let best = -1;
    for (let index = 0; index < weights.length; index++) {
      if (exclude?.has(instances[index]?.id ?? "")) continue;
      const weight = weights[index] ?? 0;
      const now = (owed[index] ?? 0) + weight;
      owed[index] = now;
      total += weight;
      if (now > most) {
        most = now;
        best = index;
      }
    }
    if (best < 0) return undefined;
    if (this.#drawFirst !== undefined) best = this.#drawn(this.#drawFirst, exclude);
    owed[best] = (owed[best] ?? 0) - total;
    return instances[best];
  }

  #drawn(random: () => number, exclude: PickContext["exclude"]): number {
    this.#drawFirst = undefined;
    const left = this.#instances.filter(({ id }) => exclude?.has(id) !== true);
    const drawn = left[new WeightedDraw(left).first(random())];
    return drawn === undefined ? -1 : this.#instances.indexOf(drawn);
  }
}
