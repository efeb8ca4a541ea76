import { inTurn } from "../measures/in-turn.ts";
import { peerNames } from "../peers/load-peer.ts";
import type { Latency, LatencyTurns } from "../turns/latency.ts";
import type { Bench, Size } from "./bench.ts";
import { StandingContenders } from "./standing-contenders.ts";
import { withBatchedServer } from "./with-batched-server.ts";

const sizes: Record<Size, { rounds: number; count: number }> = {
  full: { rounds: 11, count: 5_000 },
  quick: { rounds: 1, count: 100 },
};

/** How long one round trip takes when there is no other. */
export const latency: Bench = {
  about: `Round trips on one stream, one after the other: texts of 100 bytes, ${sizes.full.count} a round.`,
  run: ({ size, tell }) =>
    withBatchedServer(async ({ plain }) => {
      const { rounds, count } = sizes[size];
      tell("warming up");
      await using contenders = await StandingContenders.start<Latency>({
        file: "turns/latency.ts",
        given: Object.fromEntries(peerNames.map((peer) => [peer, { peer, port: plain, count } satisfies LatencyTurns])),
        readingsOf: ({ p50, p99 }) => ({ "stream.latency.p50": p50, "stream.latency.p99": p99 }),
      });
      const units = { "stream.latency.p50": "µs", "stream.latency.p99": "µs" };
      return await inTurn(contenders.all, { rounds, units, tell });
    }),
};
