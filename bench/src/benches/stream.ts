import { inTurn } from "../measures/in-turn.ts";
import type { MeterSpans } from "../measures/meter.ts";
import { peerNames } from "../peers/load-peer.ts";
import { takeTurn } from "../turns/take-turn.ts";
import type { ThroughputTurn } from "../turns/throughput.ts";
import { type Bench, rounds, type Size, warmUpTurns } from "./bench.ts";
import { withBatchedServer } from "./with-batched-server.ts";

const inFlight = 1_000;
const spans: Record<Size, MeterSpans> = {
  full: { warmUp: { ms: 1_000, count: 10_000 }, measured: { ms: 1_500, count: 10_000 } },
  quick: { warmUp: { ms: 0, count: 100 }, measured: { ms: 0, count: 2_000 } },
};

/** Round trips a second on one stream, with and without the extensions. */
export const stream: Bench = {
  about: `Round trips on one stream: texts of 100 bytes, ${inFlight} in flight. Acknowledged: the server grants ack and resume.`,
  run: ({ size, tell }) =>
    withBatchedServer((ports) => {
      const take = (measure: string, given: Pick<ThroughputTurn, "peer" | "port">) => async () => {
        const shared = { roomId: "room", contentBytes: 100, inFlight, spans: spans[size] };
        return { [measure]: await takeTurn<number>("throughput.ts", { ...shared, ...given } satisfies ThroughputTurn) };
      };
      const plain = peerNames.map((peer) => ({
        subject: peer,
        take: take("stream.throughput", { peer, port: ports.plain }),
      }));
      const ours = "@im-sdk/core";
      const acknowledged = {
        subject: ours,
        take: take("stream.acknowledged.throughput", { peer: ours, port: ports.extended }),
      };
      return inTurn([...plain, acknowledged], {
        rounds: rounds[size],
        warmUpTurns: warmUpTurns[size],
        units: { "stream.throughput": "messages/s", "stream.acknowledged.throughput": "messages/s" },
        tell,
      });
    }),
};
