// Every balancer beside what one would take from npm otherwise.
import { inTurn } from "../measures/in-turn.ts";
import type { Result } from "../measures/result.ts";
import type { BalancerPicks } from "../turns/balancer-picks.ts";
import type { Bench, BenchOptions, Size } from "./bench.ts";
import { StandingContenders } from "./standing-contenders.ts";

const all = [
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
const compared = ["WeightedRoundRobinBalancer", "weighted-round-robin", "ConsistentHashBalancer", "hashring"];
const sizes: Record<Size, Pick<BalancerPicks, "ms" | "batch"> & { peers: readonly string[]; rounds: number }> = {
  full: { ms: 100, batch: 10_000, peers: all, rounds: 7 },
  quick: { ms: 0, batch: 100, peers: compared, rounds: 1 },
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
  const key = `balancers.picks.${instances}`;
  const { peers, rounds, ...effort } = sizes[size];
  tell(`${instances} instances: warming up`);
  await using contenders = await StandingContenders.start<number>({
    file: "turns/balancer-picks.ts",
    given: Object.fromEntries(peers.map((peer) => [peer, { peer, instances, ...effort } satisfies BalancerPicks])),
    readingsOf: (picks) => ({ [key]: picks }),
  });
  return await inTurn(contenders.all, { rounds, units: { [key]: "picks/s" }, tell });
}
