// Round trips on one stream, one after the other: how long half of them take at the most, and 99 of 100, in µs.
import { quantile } from "../measures/summary.ts";
import { loadPeer, type PeerName } from "../peers/load-peer.ts";
import { turn } from "./turn.ts";

export interface LatencyTurn {
  readonly peer: PeerName;
  readonly port: number;
  readonly roomId: string;
  readonly contentBytes: number;
  readonly warmUpCount: number;
  readonly count: number;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

await turn(async ({ peer, port, roomId, contentBytes, warmUpCount, count }: LatencyTurn): Promise<Latency> => {
  const { openStream } = await loadPeer(peer);
  const times = new Float64Array(count);
  const done = Promise.withResolvers<void>();
  let n = -warmUpCount;
  let startMs = 0;
  const send = () => {
    startMs = performance.now();
    stream.send(n);
  };
  const onMessage = () => {
    const tookMs = performance.now() - startMs;
    if (n >= 0) times[n] = tookMs * 1_000;
    if (++n < count) send();
    else done.resolve();
  };
  const stream = await openStream({ port, roomId, contentBytes, onMessage, onError: done.reject });
  send();
  await done.promise;
  await stream.close();
  times.sort();
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
});
