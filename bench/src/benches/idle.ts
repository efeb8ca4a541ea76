import { inTurn } from "../measures/in-turn.ts";
import type { Result } from "../measures/result.ts";
import type { IdleClients, IdleClientsTurn } from "../turns/idle-clients.ts";
import { takeTurn } from "../turns/take-turn.ts";
import type { Bench, BenchOptions, Size } from "./bench.ts";
import { idleCpu } from "./idle-cpu.ts";
import { withBatchedServer } from "./with-batched-server.ts";

const kibibyte = 1024;
const rounds: Record<Size, number> = { full: 3, quick: 1 };
const clientCounts: Record<Size, readonly number[]> = { full: [1_000, 10_000], quick: [10, 20] };
/** So long that none goes out while memory is measured. */
const neverMs = 600_000;

/** What clients cost that only are there. */
export const idle: Bench = {
  about: "Clients of one process over a shared pool, connected and in a room, with nothing to say but heartbeats.",
  run: async (options) => [...(await memory(options)), ...(await idleCpu(clientCounts[options.size], options))],
};

function memory({ size, tell }: BenchOptions): Promise<Result[]> {
  return withBatchedServer(({ extended }) => {
    const contenders = clientCounts[size].map((clients) => ({
      subject: `${clients.toLocaleString("en")} clients`,
      take: async () => {
        const given = { port: extended, clients, heartbeatIntervalMs: neverMs } satisfies IdleClientsTurn;
        const used = await takeTurn<IdleClients>("idle-clients.ts", given, ["--expose-gc"]);
        return {
          "idle.memory.heap": used.heapBytes / kibibyte,
          "idle.memory.resident": used.residentBytes / kibibyte,
          "idle.sockets": used.sockets,
        };
      },
    }));
    const perClient = "KiB a client";
    const units = { "idle.memory.heap": perClient, "idle.memory.resident": perClient, "idle.sockets": "sockets" };
    return inTurn(contenders, { rounds: rounds[size], units, tell });
  });
}
