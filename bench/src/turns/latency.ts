// Round trips on one stream, one after the other. Answers every question with how long half of a round's take at the most, and
// 99 of 100, in µs.
import { quantile } from "../measures/summary.ts";
import { loadPeer, type PeerName } from "../peers/load-peer.ts";
import { onQuestion, parameters, say } from "../processes/child.ts";

export interface LatencyTurns {
  readonly peer: PeerName;
  readonly port: number;
  /** Round trips of a round. */
  readonly count: number;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

const { peer, port, count } = parameters<LatencyTurns>();
const { openStream } = await loadPeer(peer);
const times = new Float64Array(count);
let messageId = 0;
let left = 0;
let startMs = 0;
let onRoundEnd = () => {};

const stream = await openStream({
  port,
  roomId: "room",
  contentBytes: 100,
  onMessage: () => {
    times[--left] = (performance.now() - startMs) * 1_000;
    if (left > 0) send();
    else onRoundEnd();
  },
  onError: (error) => {
    throw error;
  },
});
onQuestion(async (): Promise<Latency> => {
  left = count;
  const ended = new Promise<void>((resolve) => {
    onRoundEnd = resolve;
  });
  send();
  await ended;
  times.sort();
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
});
say("ready");

function send(): void {
  startMs = performance.now();
  stream.send(messageId++);
}
