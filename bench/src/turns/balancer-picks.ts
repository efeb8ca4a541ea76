// A process of its own for each peer, as an app would have it: code that several balancers share would otherwise be compiled for
// all of them. Answers every question with its picks a second.
import {
  ConsistentHashBalancer,
  LeastConnectionsBalancer,
  RandomBalancer,
  RoundRobinBalancer,
  WeightedRoundRobinBalancer,
  withOutlierEjection,
} from "@im-sdk/balancers";
import type { LoadBalancer, ServiceInstance } from "@im-sdk/core";
import HashRing from "hashring";
import Peers from "weighted-round-robin";
import { onQuestion, parameters, say } from "../processes/child.ts";

export interface BalancerPicks {
  readonly peer: string;
  readonly instances: number;
  /** How long it picks for each question, at the least, and how often between two looks at the clock. */
  readonly ms: number;
  readonly batch: number;
}

/** More keys than any cache of a peer holds. */
const keys = Array.from({ length: 50_000 }, (_, index) => `user-${index}`);

const peers: Readonly<Record<string, (instances: readonly ServiceInstance[]) => () => void>> = {
  RoundRobinBalancer: (instances) => picksOf(new RoundRobinBalancer(), instances),
  "RoundRobinBalancer, outliers ejected": (instances) =>
    picksOf(withOutlierEjection(new RoundRobinBalancer()), instances),
  RandomBalancer: (instances) => picksOf(new RandomBalancer(), instances),
  LeastConnectionsBalancer: (instances) => picksOf(new LeastConnectionsBalancer(), instances),
  WeightedRoundRobinBalancer: (instances) => picksOf(new WeightedRoundRobinBalancer(), instances),
  "weighted-round-robin": (instances) => {
    const rotation = new Peers();
    for (const { id, metadata } of instances) rotation.add({ id, weight: Number(metadata.weight) });
    return () => rotation.get();
  },
  ConsistentHashBalancer: (instances) => picksOf(new ConsistentHashBalancer(), unweighted(instances)),
  "ConsistentHashBalancer, bounded loads": (instances) =>
    picksOf(new ConsistentHashBalancer({ loadFactor: 1.25 }), unweighted(instances)),
  hashring: (instances) => {
    const ring = new HashRing(instances.map(({ id }) => id));
    let next = 0;
    return () => ring.get(keys[next++ % keys.length] ?? "");
  },
};

const { peer, instances, ms, batch } = parameters<BalancerPicks>();
const pick = peers[peer]?.(instancesOf(instances));
if (pick === undefined) throw new Error(`there is no peer "${peer}"`);
onQuestion(() => {
  const startMs = performance.now();
  let picks = 0;
  let tookMs = 0;
  while (tookMs < ms || picks === 0) {
    for (let left = batch; left > 0; left--) pick();
    picks += batch;
    tookMs = performance.now() - startMs;
  }
  return (picks / tookMs) * 1_000;
});
say("ready");

function picksOf(balancer: LoadBalancer, instances: readonly ServiceInstance[]): () => void {
  balancer.update(instances);
  let next = 0;
  return () => balancer.pick({ key: keys[next++ % keys.length] ?? "" });
}

/** As with hashring, where every server counts the same. */
function unweighted(instances: readonly ServiceInstance[]): ServiceInstance[] {
  return instances.map((instance) => ({ ...instance, metadata: {} }));
}

function instancesOf(count: number): ServiceInstance[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `10.0.${index >> 8}.${index & 255}:8083`,
    name: "im-service",
    address: `10.0.${index >> 8}.${index & 255}`,
    port: 8083,
    tags: [],
    metadata: { weight: String((index % 5) + 1) },
    health: "healthy",
  }));
}
