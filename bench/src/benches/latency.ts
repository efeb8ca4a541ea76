import { inTurn } from "../measures/in-turn.ts";
import { peerNames } from "../peers/load-peer.ts";
import type { Latency, LatencyTurn } from "../turns/latency.ts";
import { takeTurn } from "../turns/take-turn.ts";
import { type Bench, rounds, type Size } from "./bench.ts";
import { withBatchedServer } from "./with-batched-server.ts";

const counts: Record<Size, Pick<LatencyTurn, "warmUpCount" | "count">> = {
  full: { warmUpCount: 5_000, count: 10_000 },
  quick: { warmUpCount: 10, count: 200 },
};

/** How long one round trip takes when there is no other. */
export const latency: Bench = {
  about: `Round trips on one stream, one after the other: texts of 100 bytes, ${counts.full.count} a round.`,
  run: ({ size, tell }) =>
    withBatchedServer(({ plain }) => {
      const contenders = peerNames.map((peer) => ({
        subject: peer,
        take: async () => {
          const given = { peer, port: plain, roomId: "room", contentBytes: 100, ...counts[size] };
          const { p50, p99 } = await takeTurn<Latency>("latency.ts", given satisfies LatencyTurn);
          return { "stream.latency.p50": p50, "stream.latency.p99": p99 };
        },
      }));
      const units = { "stream.latency.p50": "µs", "stream.latency.p99": "µs" };
      return inTurn(contenders, { rounds: rounds[size], units, tell });
    }),
};
