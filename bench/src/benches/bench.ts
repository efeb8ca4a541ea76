import type { Result } from "../measures/result.ts";

/** One of the benchmarks. */
export interface Bench {
  /** What is measured and how, in a sentence or two. */
  readonly about: string;
  readonly run: (options: BenchOptions) => Promise<Result[]>;
}

export interface BenchOptions {
  /** `quick` is no measurement: it shows that everything runs. */
  readonly size: Size;
  /** Told what is being done. */
  readonly tell: (progress: string) => void;
}

export type Size = "full" | "quick";

/** Rounds of a comparison. */
export const rounds: Readonly<Record<Size, number>> = { full: 5, quick: 1 };

/** Turns that do not count, where all peers have the same server. */
export const warmUpTurns: Readonly<Record<Size, number>> = { full: 1, quick: 0 };
