/** What a ratio is to be. */
export type Want = { readonly atLeast: number } | { readonly atMost: number };

/** Ours divided by a peer's. */
export interface RatioOf {
  readonly key: string;
  readonly measure: string;
  readonly ours: string;
  readonly peer: string;
  /** Where the peer is measured at something else. */
  readonly peerMeasure: string;
  readonly want: Want | undefined;
}

const client = "@im-sdk/core";
const server = "@im-sdk/server";

/** Every ratio that a run may give, and what is wanted of it. */
export const ratioTable: readonly RatioOf[] = [
  of("stream.throughput", "grpc-js", { want: { atLeast: 2.5 } }),
  of("stream.throughput", "connect-node", { want: { atLeast: 6 } }),
  of("stream.throughput", "node-http2", { want: { atLeast: 0.7 } }),
  of("stream.acknowledged.throughput", "grpc-js", { peerMeasure: "stream.throughput", want: { atLeast: 1.5 } }),
  of("stream.latency.p50", "grpc-js", { want: { atMost: 1.1 } }),
  of("stream.latency.p50", "connect-node"),
  of("stream.latency.p50", "node-http2"),
  of("stream.latency.p99", "grpc-js", { want: { atMost: 1.1 } }),
  of("stream.latency.p99", "connect-node"),
  of("stream.latency.p99", "node-http2"),
  of("receive.throughput", "grpc-js", { want: { atLeast: 3 } }),
  of("receive.throughput", "connect-node"),
  of("receive.throughput", "node-http2"),
  of("upload.throughput", "grpc-js", { want: { atLeast: 2 } }),
  of("upload.throughput", "connect-node"),
  of("upload.throughput", "node-http2", { want: { atLeast: 0.85 } }),
  of("unary.throughput", "connect-node", { want: { atLeast: 0.95 } }),
  of("unary.throughput", "grpc-js", { want: { atLeast: 0.7 } }),
  of("fanout.throughput", "connect-node", { ours: server, want: { atLeast: 4 } }),
  ...[3, 100, 1_000].flatMap((instances) => [
    of(`balancers.picks.${instances}`, "weighted-round-robin", { ours: "WeightedRoundRobinBalancer" }),
    of(`balancers.picks.${instances}`, "hashring", { ours: "ConsistentHashBalancer" }),
  ]),
];

function of(
  measure: string,
  peer: string,
  { ours = client, peerMeasure = measure, want }: { ours?: string; peerMeasure?: string; want?: Want } = {},
): RatioOf {
  return { key: `${measure}/${peer}`, measure, ours, peer, peerMeasure, want };
}
