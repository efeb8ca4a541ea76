import type { ServiceInstance } from "@im-sdk/contracts";
import { instanceWeight } from "./instance-weight.ts";

/** Draws two different instances, each with a chance in proportion to its weight. */
export class WeightedDraw {
  readonly instances: readonly ServiceInstance[];
  readonly weights: Float64Array;
  /** Where the part of each instance ends, when the parts lie one after the other. */
  readonly #ends: Float64Array;
  readonly #total: number;

  constructor(instances: readonly ServiceInstance[]) {
    this.instances = instances;
    this.weights = Float64Array.from(instances, instanceWeight);
    let end = 0;
    this.#ends = this.weights.map((weight) => {
      end += weight;
      return end;
    });
    this.#total = end;
  }

  /** Index of the instance for a number in [0, 1); binary search. */
  first(random: number): number {
    return this.#at(random * this.#total);
  }

  /** Index of another one than `first`; that itself when there is no other. */
  second(random: number, first: number): number {
    const weight = this.weights[first] ?? 0;
    if (weight === this.#total) return first;
    const position = random * (this.#total - weight);
    const begin = (this.#ends[first] ?? 0) - weight;
    return this.#at(position < begin ? position : position + weight);
  }

  #at(position: number): number {
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
