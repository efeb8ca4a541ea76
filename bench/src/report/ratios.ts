import type { Result } from "../measures/result.ts";
import { type RatioOf, ratioTable, type Want } from "./wanted-ratios.ts";

/** A ratio that was measured. */
export interface Ratio {
  readonly key: string;
  readonly value: number;
  readonly want: Want | undefined;
}

/** The ratios of the table for which there are both results. */
export function ratiosOf(results: readonly Result[]): Ratio[] {
  return ratioTable.flatMap((ratio) => {
    const value = divided(results, ratio);
    return value === undefined ? [] : [{ key: ratio.key, value, want: ratio.want }];
  });
}

/** Whether a ratio is as it is wanted, which one of which nothing is wanted always is. */
export function isMet({ value, want }: Ratio): boolean {
  if (want === undefined) return true;
  return "atLeast" in want ? value >= want.atLeast : value <= want.atMost;
}

function divided(results: readonly Result[], { measure, ours, peer, peerMeasure }: RatioOf): number | undefined {
  const our = results.find((result) => result.measure === measure && result.subject === ours);
  const their = results.find((result) => result.measure === peerMeasure && result.subject === peer);
  return our && their && our.median / their.median;
}
