// Picks a second of every balancer, beside what one would take from npm otherwise.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Rates, ratesInTurn } from "./rates-in-turn.ts";

const rounds = 7;
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
const compared = [
  ["WeightedRoundRobinBalancer", "weighted-round-robin"],
  ["ConsistentHashBalancer", "hashring"],
] as const;

export async function benchBalancers(): Promise<void> {
  console.log(`\npicks a second, in thousands: median of ${rounds} turns, in brackets the lowest and the highest\n`);
  for (const size of [3, 100, 1_000]) {
    const rates = await measure(size);
    console.log(`${size} instances`);
    for (const [name, { median, lowest, highest }] of rates) {
      const [value, from, to] = [median, lowest, highest].map((rate) => String(Math.round(rate / 1_000)));
      console.log(`  ${name.padEnd(38)} ${value?.padStart(8)}   (${from} to ${to})`);
    }
    const medianOf = (name: string) => rates.get(name)?.median ?? Number.NaN;
    for (const [ours, theirs] of compared) {
      console.log(`  ${ours} is ${(medianOf(ours) / medianOf(theirs)).toFixed(1)} times ${theirs}`);
    }
    console.log();
  }
}

async function measure(size: number): Promise<ReadonlyMap<string, Rates>> {
  const file = fileURLToPath(new URL("balancer-peer.ts", import.meta.url));
  const children = peers.map((name) => [name, fork(file, [name, String(size)])] as const);
  const failed = new AbortController();
  for (const [name, child] of children) {
    child.once("exit", (code) => code === null || failed.abort(new Error(`${name} ended with exit code ${code}`)));
  }
  try {
    const measures = children.map(([name, child]) => {
      const measurePeer = async () => {
        child.send("go");
        const [rate] = await once(child, "message", { signal: failed.signal });
        return Number(rate);
      };
      return [name, measurePeer] as const;
    });
    return await ratesInTurn(Object.fromEntries(measures), rounds);
  } finally {
    for (const [, child] of children) child.kill();
  }
}
