import { setTimeout as delay } from "node:timers/promises";
import type { Result } from "../measures/result.ts";
import { summaryOf } from "../measures/summary.ts";
import { Program } from "../processes/program.ts";
import type { Tally } from "../servers/batched-server.ts";
import type { IdleClientsTurn } from "../turns/idle-clients.ts";
import type { BenchOptions, Size } from "./bench.ts";
import { withBatchedServer } from "./with-batched-server.ts";

/** A window is as long as the interval: every client says something in each. */
const efforts: Record<Size, { windows: number; heartbeatIntervalMs: number }> = {
  full: { windows: 5, heartbeatIntervalMs: 6_000 },
  quick: { windows: 1, heartbeatIntervalMs: 100 },
};

/** The CPU time that idle clients take for their heartbeats, for each number of clients; all are measured at the same time. */
export async function idleCpu(clientCounts: readonly number[], options: BenchOptions): Promise<Result[]> {
  const { heartbeatIntervalMs } = efforts[options.size];
  options.tell(`CPU time with heartbeats every ${heartbeatIntervalMs} ms`);
  const all = await Promise.all(clientCounts.map((clients) => measure(clients, options.size)));
  return ["idle.cpu", "idle.cpu.heartbeat"].flatMap((measure) =>
    all.flat().filter((result) => result.measure === measure),
  );
}

async function measure(clients: number, size: Size): Promise<Result[]> {
  const { windows, heartbeatIntervalMs } = efforts[size];
  return await withBatchedServer(async ({ extended }, server) => {
    const given = { port: extended, clients, heartbeatIntervalMs } satisfies IdleClientsTurn;
    await using program = Program.start("turns/idle-clients.ts", given, ["--expose-gc"]);
    await program.next();
    const read = async () => {
      const [cpuUs, { heartbeats }] = await Promise.all([program.ask<number>("cpu"), server.ask<Tally>("tally")]);
      return { cpuUs, heartbeats, atMs: performance.now() };
    };
    const shares: number[] = [];
    const costs: number[] = [];
    let from = await read();
    while (shares.length < windows) {
      await delay(heartbeatIntervalMs);
      const to = await read();
      // In the first ones, clients that have just joined have nothing to say yet.
      if (to.heartbeats - from.heartbeats >= clients / 2) {
        shares.push((to.cpuUs - from.cpuUs) / (to.atMs - from.atMs) / 10);
        costs.push((to.cpuUs - from.cpuUs) / (to.heartbeats - from.heartbeats));
      }
      from = to;
    }
    const subject = `${clients.toLocaleString("en")} clients, each a heartbeat in ${heartbeatIntervalMs / 1_000} s`;
    return [
      { measure: "idle.cpu", subject, unit: "% of a core", ...summaryOf(shares) },
      { measure: "idle.cpu.heartbeat", subject, unit: "µs a heartbeat", ...summaryOf(costs) },
    ];
  });
}
