import type { Readings, Result } from "./result.ts";
import { summaryOf } from "./summary.ts";

/** Somebody who is measured. */
export interface Contender {
  readonly subject: string;
  /** Warms up, measures, and leaves nothing behind. */
  readonly take: () => Promise<Readings>;
}

export interface InTurnOptions {
  readonly rounds: number;
  /** Unit of every measure that the contenders give. */
  readonly units: Readonly<Record<string, string>>;
  /** Turns of the first contender before all rounds that do not count, so that a server is warm for it, too; default 0. */
  readonly warmUpTurns?: number;
  /** Told before each turn. */
  readonly tell: (progress: string) => void;
}

/** Lets contenders take turns (A B C A B C …), so that what slows the machine down meets all of them. */
export async function inTurn(contenders: readonly Contender[], options: InTurnOptions): Promise<Result[]> {
  const { rounds, units, warmUpTurns = 0, tell } = options;
  const taken = contenders.map((): Readings[] => []);
  for (let turn = 1; turn <= warmUpTurns; turn++) {
    tell("warming up");
    await contenders[0]?.take();
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [index, { subject, take }] of contenders.entries()) {
      tell(`round ${round} of ${rounds}: ${subject}`);
      taken[index]?.push(await take());
    }
  }
  return Object.entries(units).flatMap(([measure, unit]) =>
    contenders.flatMap(({ subject }, index) => {
      const values = (taken[index] ?? []).flatMap((readings) => readings[measure] ?? []);
      return values.length === 0 ? [] : [{ measure, subject, unit, ...summaryOf(values) }];
    }),
  );
}
