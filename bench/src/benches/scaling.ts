import { type Contender, inTurn } from "../measures/in-turn.ts";
import type { ManyStreams, ManyStreamsTurn } from "../turns/many-streams.ts";
import { takeTurn } from "../turns/take-turn.ts";
import { type Bench, rounds, type Size, warmUpTurns } from "./bench.ts";
import { withBatchedServer } from "./with-batched-server.ts";

const kibibyte = 1024;
/** Enough to be busy, and no more bytes than a client's outbox holds. */
const maxInFlight = 1_000;
const maxBytesInFlight = 16 * kibibyte * kibibyte;
const streamCounts: Record<Size, readonly number[]> = { full: [1, 10, 100, 1_000], quick: [1, 10] };
const bytesOf: Record<string, number> = {
  "16 B": 16,
  "256 B": 256,
  "4 KiB": 4 * kibibyte,
  "64 KiB": 64 * kibibyte,
  "1 MiB": kibibyte * kibibyte,
};
const payloads: Record<Size, readonly string[]> = { full: Object.keys(bytesOf), quick: ["16 B", "1 MiB"] };
const efforts: Record<Size, Pick<ManyStreamsTurn, "spans" | "latency">> = {
  full: {
    spans: { warmUp: { ms: 500, count: 100 }, measured: { ms: 600, count: 100 } },
    latency: { ms: 400, count: 100 },
  },
  quick: { spans: { warmUp: { ms: 0, count: 5 }, measured: { ms: 0, count: 20 } }, latency: { ms: 0, count: 20 } },
};

/** What becomes of throughput and latency with many streams, and with large messages. */
export const scaling: Bench = {
  about: `Round trips of ImClients over one pool. Throughput: ${maxInFlight} in flight on all streams together, but no more than 16 MiB; latency: one in flight on each stream. By streams with texts of 100 bytes, by payload on one stream.`,
  run: ({ size, tell }) =>
    withBatchedServer(async ({ plain }) => {
      const contender = (kind: string, subject: string, streams: number, contentBytes: number): Contender => ({
        subject,
        take: async () => {
          const inFlight = Math.min(maxInFlight, maxBytesInFlight / contentBytes);
          const given = { port: plain, streams, contentBytes, inFlight, ...efforts[size] } satisfies ManyStreamsTurn;
          const { rate, p50, p99 } = await takeTurn<ManyStreams>("many-streams.ts", given);
          const mebibytes = (rate * contentBytes) / kibibyte ** 2;
          const bytes = kind === "payload" ? { "scaling.payload.bytes": mebibytes } : {};
          return {
            [`scaling.${kind}.throughput`]: rate,
            ...bytes,
            [`scaling.${kind}.latency.p50`]: p50,
            [`scaling.${kind}.latency.p99`]: p99,
          };
        },
      });
      const units = (kind: string) => ({
        [`scaling.${kind}.throughput`]: "messages/s",
        [`scaling.${kind}.bytes`]: "MiB/s",
        [`scaling.${kind}.latency.p50`]: "µs",
        [`scaling.${kind}.latency.p99`]: "µs",
      });
      const byStreams = streamCounts[size].map((streams) =>
        contender("streams", streams === 1 ? "1 stream" : `${streams} streams`, streams, 100),
      );
      const byPayload = payloads[size].map((name) => contender("payload", name, 1, bytesOf[name] ?? 0));
      return [
        ...(await inTurn(byStreams, {
          rounds: rounds[size],
          warmUpTurns: warmUpTurns[size],
          units: units("streams"),
          tell,
        })),
        ...(await inTurn(byPayload, { rounds: rounds[size], units: units("payload"), tell })),
      ];
    }),
};
