// A process of its own for each peer, as an app would have it: code that several balancers share would otherwise be compiled for
// all of them. Given a peer and a number of instances; answers every message with its picks a second.
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

const turnMs = 100;
const batch = 10_000;
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

const [, , name = "", size = ""] = process.argv;
const pick = peers[name]?.(instancesOf(Number(size)));
if (pick === undefined) throw new Error(`there is no peer "${name}"`);
process.on("message", () => {
  const startMs = performance.now();
  let picks = 0;
  let tookMs = 0;
  while (tookMs < turnMs) {
    for (let left = batch; left > 0; left--) pick();
    picks += batch;
    tookMs = performance.now() - startMs;
  }
  process.send?.((picks / tookMs) * 1_000);
});

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
