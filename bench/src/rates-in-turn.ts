/** What a peer did in the rounds that count, per second. */
export interface Rates {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Lets peers do the same work in turn (A B C A B C …), so that what slows the machine down hits all of them; the first round
 * warms up. Each call of a peer answers its rate per second.
 */
export async function ratesInTurn(
  peers: Readonly<Record<string, () => Promise<number>>>,
  rounds: number,
): Promise<ReadonlyMap<string, Rates>> {
  const measured = new Map(Object.keys(peers).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(peers)) {
      const rate = await measure();
      if (round > 0) measured.get(name)?.push(rate);
    }
  }
  return new Map([...measured].map(([name, rates]) => [name, ratesOf(rates)]));
}

function ratesOf(rates: readonly number[]): Rates {
  const sorted = rates.toSorted((a, b) => a - b);
  const at = (index: number) => sorted.at(index) ?? Number.NaN;
  return { median: at(sorted.length >> 1), lowest: at(0), highest: at(-1) };
}
