import { startNats } from "@im-sdk/test-servers";
import { inTurn } from "../measures/in-turn.ts";
import type { Readings } from "../measures/result.ts";
import { Program } from "../processes/program.ts";
import type { ClusterRates, ClusterTurn } from "../turns/cluster.ts";
import type { JetStreamTurn } from "../turns/jetstream.ts";
import { takeTurn } from "../turns/take-turn.ts";
import { type Bench, rounds, type Size } from "./bench.ts";

const sizes: Record<Size, Omit<ClusterTurn, "ports">> = {
  full: {
    members: 30,
    senders: 6,
    inFlight: 100,
    spans: { warmUp: { ms: 1_000, count: 5_000 }, measured: { ms: 3_000, count: 5_000 } },
  },
  quick: {
    members: 4,
    senders: 2,
    inFlight: 2,
    spans: { warmUp: { ms: 0, count: 5 }, measured: { ms: 0, count: 50 } },
  },
};

/** What many servers on one NATS take and deliver, beside one in memory and beside what JetStream takes. */
export const cluster: Bench = {
  about: `One room of ${sizes.full.members} clients, of whom ${sizes.full.senders} send texts of 100 bytes, ${sizes.full.inFlight} in flight each; all servers, NATS and the clients on this machine.`,
  run: async ({ size, tell }) => {
    await using nats = await startNats();
    let turns = 0;
    /** What the servers of a turn and a publisher call their streams. */
    const nextPrefix = () => `bench${++turns}`;

    const on = (subject: string, start: () => Program[]) => ({
      subject,
      take: async (): Promise<Readings> => {
        await using stack = new AsyncDisposableStack();
        const servers = start().map((server) => stack.use(server));
        const ports = await Promise.all(servers.map(async (server) => (await server.next<{ port: number }>()).port));
        const given = { ports, ...sizes[size] } satisfies ClusterTurn;
        const { messages, deliveries } = await takeTurn<ClusterRates>("cluster.ts", given);
        return { "cluster.messages": messages, "cluster.deliveries": deliveries };
      },
    });
    const onNats = (count: number) => () => {
      const given = { servers: nats.address, prefix: nextPrefix() };
      return Array.from({ length: count }, () => Program.start("servers/nats-server.ts", given));
    };
    const directly = {
      subject: "JetStream directly",
      take: async (): Promise<Readings> => {
        const { spans, senders, inFlight } = sizes[size];
        const given = { servers: nats.address, stream: nextPrefix(), inFlight: senders * inFlight, spans };
        return { "cluster.messages": await takeTurn<number>("jetstream.ts", given satisfies JetStreamTurn) };
      },
    };
    const contenders = [
      on("in memory, 1 server", () => [Program.start("servers/reference-server.ts")]),
      ...[1, 2, 3].map((count) => on(`on NATS, ${count} server${count === 1 ? "" : "s"}`, onNats(count))),
      directly,
    ];
    const units = { "cluster.messages": "messages/s", "cluster.deliveries": "deliveries/s" };
    return await inTurn(contenders, { rounds: rounds[size], units, tell });
  },
};
