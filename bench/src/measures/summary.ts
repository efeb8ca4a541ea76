/** What several rounds have given. */
export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: number;
}

/** Throws a RangeError when there is nothing to sum up. */
export function summaryOf(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  if (lowest === undefined || highest === undefined) throw new RangeError("no round was measured");
  // Of an even number, what lies between the two in the middle.
  const upper = sorted[sorted.length >> 1] ?? lowest;
  return { median: (quantile(sorted, 0.5) + upper) / 2, lowest, highest, rounds: sorted.length };
}

/** The smallest of the sorted values that a share of all, from 0 to 1, does not exceed. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const index = Math.max(0, Math.ceil(sorted.length * share) - 1);
  return sorted[index] ?? Number.NaN;
}
