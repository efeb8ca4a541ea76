import { setTimeout as delay } from "node:timers/promises";
import type { Result } from "../measures/result.ts";
import { summaryOf } from "../measures/summary.ts";
import { Program } from "../processes/program.ts";
import type { Tally } from "../servers/batched-server.ts";
import type { IdleClients, IdleClientsTurn } from "../turns/idle-clients.ts";
import type { Bench, Size } from "./bench.ts";
import { withBatchedServer } from "./with-batched-server.ts";

interface IdleEffort {
  readonly clientCounts: readonly number[];
  readonly windows: number;
  /** A window is as long as this: every client says something in each. */
  readonly heartbeatIntervalMs: number;
}

const efforts: Record<Size, IdleEffort> = {
  full: { clientCounts: [1_000, 10_000], windows: 5, heartbeatIntervalMs: 6_000 },
  quick: { clientCounts: [10, 20], windows: 1, heartbeatIntervalMs: 1_000 },
};

/** What clients cost that only are there. */
export const idle: Bench = {
  about: `Clients of one process over a shared pool, connected and in a room, with nothing to say but a heartbeat every ${efforts.full.heartbeatIntervalMs / 1_000} s.`,
  run: async ({ size, tell }) => {
    const effort = efforts[size];
    const all: Result[] = [];
    for (const clients of effort.clientCounts) {
      tell(`${clients} clients`);
      all.push(...(await measure(clients, effort)));
    }
    return all.toSorted((a, b) => measures.indexOf(a.measure) - measures.indexOf(b.measure));
  },
};

const measures = ["idle.memory.heap", "idle.memory.resident", "idle.sockets", "idle.cpu", "idle.cpu.heartbeat"];

function measure(clients: number, { windows, heartbeatIntervalMs }: IdleEffort): Promise<Result[]> {
  return withBatchedServer(async ({ extended }, server) => {
    const given = { port: extended, clients, heartbeatIntervalMs } satisfies IdleClientsTurn;
    await using program = Program.start("turns/idle-clients.ts", given, ["--expose-gc"]);
    const { heapBytes, residentBytes, sockets } = await program.next<IdleClients>();
    const cpu = await cpuOf(program, server, { clients, windows, heartbeatIntervalMs });
    const subject = `${clients.toLocaleString("en")} clients`;
    const results = [
      { measure: "idle.memory.heap", unit: "KiB a client", values: [heapBytes / 1024] },
      { measure: "idle.memory.resident", unit: "KiB a client", values: [residentBytes / 1024] },
      { measure: "idle.sockets", unit: "sockets", values: [sockets] },
      {
        measure: "idle.cpu",
        unit: `% of a core, a heartbeat every ${heartbeatIntervalMs / 1_000} s`,
        values: cpu.shares,
      },
      { measure: "idle.cpu.heartbeat", unit: "µs a heartbeat", values: cpu.costs },
    ];
    return results.map(({ values, ...result }) => ({ ...result, subject, ...summaryOf(values) }));
  });
}

/** What the program takes of a core in each window, and what for each heartbeat that the server has seen in it. */
async function cpuOf(
  program: Program,
  server: Program,
  { clients, windows, heartbeatIntervalMs }: Omit<IdleEffort, "clientCounts"> & { clients: number },
): Promise<{ shares: number[]; costs: number[] }> {
  const read = async () => {
    const [cpuUs, { heartbeats }] = await Promise.all([program.ask<number>("cpu"), server.ask<Tally>("tally")]);
    return { cpuUs, heartbeats, atMs: performance.now() };
  };
  const shares: number[] = [];
  const costs: number[] = [];
  let from = await read();
  for (let tries = 0; shares.length < windows; tries++) {
    if (tries === 5 * windows) throw new Error(`${clients} clients send fewer heartbeats than half of them should`);
    await delay(heartbeatIntervalMs);
    const to = await read();
    const heartbeats = to.heartbeats - from.heartbeats;
    const cpuUs = to.cpuUs - from.cpuUs;
    // In the first ones, clients that have just joined have nothing to say yet.
    if (heartbeats >= clients / 2) {
      shares.push(cpuUs / (to.atMs - from.atMs) / 10);
      costs.push(cpuUs / heartbeats);
    }
    from = to;
  }
  return { shares, costs };
}
