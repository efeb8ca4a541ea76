// Clients of one process that only are there, over a shared pool. Says what one takes; answers every question with the CPU time
// that the process has used, in µs. Needs --expose-gc.
import { createEndpointPool, ImClient } from "@im-sdk/core";
import { onQuestion, parameters, say } from "../processes/child.ts";

export interface IdleClientsTurn {
  readonly port: number;
  readonly clients: number;
  readonly heartbeatIntervalMs: number;
}

/** Bytes are for each client. */
export interface IdleClients {
  /** Objects, and what they hold outside of the heap of JavaScript. */
  readonly heapBytes: number;
  /** Memory of the process, as the system counts it. */
  readonly residentBytes: number;
  readonly sockets: number;
}

const atATime = 200;
const { port, clients, heartbeatIntervalMs } = parameters<IdleClientsTurn>();
const pool = createEndpointPool();

function newClient(index: number): ImClient {
  const identity = { userId: `user-${index}`, defaultRoomId: "room" };
  return new ImClient({ ...identity, services: [`127.0.0.1:${port}`], endpointPool: pool, heartbeatIntervalMs });
}

/** What is left when all garbage has gone, some of which only the second time finds. */
function memory(): { heap: number; resident: number } {
  for (let times = 0; times < 3; times++) global.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

if (global.gc === undefined) throw new Error("this program wants --expose-gc");
const first = newClient(0);
await first.connect();
const before = memory();
const all: ImClient[] = [];
while (all.length < clients) {
  const next = Array.from({ length: Math.min(atATime, clients - all.length) }, (_, index) =>
    newClient(all.length + index + 1),
  );
  await Promise.all(next.map((client) => client.connect()));
  all.push(...next);
}
const after = memory();
onQuestion(() => {
  const { user, system } = process.cpuUsage();
  return user + system;
});
say({
  heapBytes: (after.heap - before.heap) / clients,
  residentBytes: (after.resident - before.resident) / clients,
  sockets: process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length,
} satisfies IdleClients);
