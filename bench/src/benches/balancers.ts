// Every balancer beside what one would take from npm otherwise.
import { inTurn } from "../measures/in-turn.ts";
import type { Result } from "../measures/result.ts";
import { Program } from "../processes/program.ts";
import type { BalancerPicks } from "../turns/balancer-picks.ts";
import type { Bench, BenchOptions, Size } from "./bench.ts";

const peers = [
  "RoundRobinBalancer",
  "RoundRobinBalancer, outliers ejected",
  "RandomBalancer",
  "LeastConnectionsBalancer",
  "WeightedRoundRobinBalancer",
  "weighted-round-robin",
  "ConsistentHashBalancer",
  "ConsistentHashBalancer, bounded loads",
  "hashring",
];
const sizes: Record<Size, Pick<BalancerPicks, "ms" | "batch"> & { rounds: number }> = {
  full: { ms: 100, batch: 10_000, rounds: 7 },
  quick: { ms: 0, batch: 100, rounds: 1 },
};

/** Picks a second, for few instances and for many. */
export const balancers: Bench = {
  about: "Picks a second among 3, 100 and 1,000 instances, each peer in a process of its own.",
  run: async (options) => {
    const results: Result[] = [];
    for (const instances of [3, 100, 1_000]) results.push(...(await measure(instances, options)));
    return results;
  },
};

async function measure(instances: number, { size, tell }: BenchOptions): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const key = `balancers.picks.${instances}`;
  const { rounds, ...effort } = sizes[size];
  const contenders = peers.map((peer) => {
    const given = { peer, instances, ...effort } satisfies BalancerPicks;
    const program = stack.use(Program.start("turns/balancer-picks.ts", given));
    return { subject: peer, program, take: async () => ({ [key]: await program.ask<number>("picks a second") }) };
  });
  await Promise.all(contenders.map(({ program }) => program.next()));
  tell(`${instances} instances: warming up`);
  for (const { take } of contenders) await take();
  return await inTurn(contenders, { rounds, units: { [key]: "picks/s" }, tell });
}
