/** Options of the balancers that draw at random. */
export interface RandomOptions {
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/** Fills in the default; throws a TypeError that names the option when it is no function. */
export function resolveRandom({ random = Math.random }: RandomOptions): () => number {
  if (typeof random === "function") return random;
  throw new TypeError(`random is ${String(random)}: want a function that gives numbers from 0 up to 1`);
}
