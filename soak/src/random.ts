import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Random choices that a seed repeats. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return uniformInt(this.#generator, from, to);
  }

  /** True in so many of a hundred cases. */
  percent(share: number): boolean {
    return this.int(1, 100) <= share;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.int(0, list.length - 1)];
    if (picked === undefined) throw new RangeError("there is nothing to pick from");
    return picked;
  }

  /** A copy in any order. */
  shuffle<T>(list: readonly T[]): T[] {
    const keyed = list.map((item) => ({ item, key: this.seed() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
  }

  /** A seed for another of these, so that what one of them draws does not change what the other does. */
  seed(): number {
    return this.int(0, 0x7fffffff);
  }
}

/** Seeds for one round after another, the first as it is. */
export function* seedsFrom(first: number): Generator<number, never> {
  yield first;
  for (const random = new Random(first); ; ) yield random.seed();
}
