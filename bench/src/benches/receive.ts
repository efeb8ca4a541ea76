import { inTurn } from "../measures/in-turn.ts";
import type { MeterSpans } from "../measures/meter.ts";
import { peerNames } from "../peers/load-peer.ts";
import { takeTurn } from "../turns/take-turn.ts";
import type { ThroughputTurn } from "../turns/throughput.ts";
import { type Bench, rounds, type Size, warmUpTurns } from "./bench.ts";
import { withBatchedServer } from "./with-batched-server.ts";

const spans: Record<Size, MeterSpans> = {
  full: { warmUp: { ms: 1_000, count: 10_000 }, measured: { ms: 1_500, count: 10_000 } },
  quick: { warmUp: { ms: 0, count: 100 }, measured: { ms: 0, count: 2_000 } },
};

/** Messages a second that only come. */
export const receive: Bench = {
  about: "Messages from server to client on one stream: texts of 100 bytes, as fast as flow control lets them come.",
  run: ({ size, tell }) =>
    withBatchedServer(({ plain }) => {
      const contenders = peerNames.map((peer) => ({
        subject: peer,
        take: async () => {
          const given = { peer, port: plain, roomId: "push", contentBytes: 100, inFlight: 0, spans: spans[size] };
          return { "receive.throughput": await takeTurn<number>("throughput.ts", given satisfies ThroughputTurn) };
        },
      }));
      return inTurn(contenders, {
        rounds: rounds[size],
        warmUpTurns: warmUpTurns[size],
        units: { "receive.throughput": "messages/s" },
        tell,
      });
    }),
};
