import { inTurn } from "../measures/in-turn.ts";
import type { MeterSpans } from "../measures/meter.ts";
import type { PeerName } from "../peers/load-peer.ts";
import type { CallsTurn } from "../turns/calls.ts";
import { takeTurn } from "../turns/take-turn.ts";
import { type Bench, rounds, type Size, warmUpTurns } from "./bench.ts";
import { withBatchedServer } from "./with-batched-server.ts";

const inFlight = 64;
const peers: readonly PeerName[] = ["@im-sdk/core", "grpc-js", "connect-node"];
const spans: Record<Size, MeterSpans> = {
  full: { warmUp: { ms: 1_000, count: 1_000 }, measured: { ms: 1_500, count: 1_000 } },
  quick: { warmUp: { ms: 0, count: 10 }, measured: { ms: 0, count: 200 } },
};

/** Calls a second of one method. */
export const unary: Bench = {
  about: `Calls of SendMessage with a text of 100 bytes, ${inFlight} in flight on one connection.`,
  run: ({ size, tell }) =>
    withBatchedServer(({ plain }) => {
      const contenders = peers.map((peer) => ({
        subject: peer,
        take: async () => {
          const given = { peer, port: plain, inFlight, spans: spans[size] };
          return { "unary.throughput": await takeTurn<number>("calls.ts", given satisfies CallsTurn) };
        },
      }));
      return inTurn(contenders, {
        rounds: rounds[size],
        warmUpTurns: warmUpTurns[size],
        units: { "unary.throughput": "calls/s" },
        tell,
      });
    }),
};
