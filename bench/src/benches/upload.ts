import { inTurn } from "../measures/in-turn.ts";
import { peerNames } from "../peers/load-peer.ts";
import { takeTurn } from "../turns/take-turn.ts";
import type { UploadTurn } from "../turns/uploads.ts";
import { type Bench, rounds, type Size, warmUpTurns } from "./bench.ts";
import { withBatchedServer } from "./with-batched-server.ts";

const mebibyte = 1024 * 1024;
const sizes: Record<Size, Pick<UploadTurn, "warmUpBytes" | "bytes">> = {
  full: { warmUpBytes: 64 * mebibyte, bytes: 256 * mebibyte },
  quick: { warmUpBytes: mebibyte, bytes: mebibyte },
};

/** How fast a recording goes out. */
export const upload: Bench = {
  about: `Uploads of ${sizes.full.bytes / mebibyte} MiB from memory, in chunks of 32 KiB, to a server that only counts.`,
  run: ({ size, tell }) =>
    withBatchedServer(({ plain }) => {
      const contenders = peerNames.map((peer) => ({
        subject: peer,
        take: async () => {
          const given = { peer, port: plain, ...sizes[size] };
          const bytes = await takeTurn<number>("uploads.ts", given satisfies UploadTurn);
          return { "upload.throughput": bytes / mebibyte };
        },
      }));
      return inTurn(contenders, {
        rounds: rounds[size],
        warmUpTurns: warmUpTurns[size],
        units: { "upload.throughput": "MiB/s" },
        tell,
      });
    }),
};
