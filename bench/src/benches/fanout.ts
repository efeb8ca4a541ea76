import { inTurn } from "../measures/in-turn.ts";
import type { MeterSpans } from "../measures/meter.ts";
import { Program } from "../processes/program.ts";
import type { FanOutTurn } from "../turns/fan-out.ts";
import { takeTurn } from "../turns/take-turn.ts";
import { type Bench, rounds, type Size } from "./bench.ts";

const servers = { "@im-sdk/server": "servers/reference-server.ts", "connect-node": "servers/adapter-server.ts" };
const sizes: Record<Size, Pick<FanOutTurn, "members" | "connections" | "inFlight"> & { spans: MeterSpans }> = {
  full: {
    members: 500,
    connections: 5,
    inFlight: 20,
    spans: { warmUp: { ms: 1_000, count: 10_000 }, measured: { ms: 1_500, count: 10_000 } },
  },
  quick: {
    members: 10,
    connections: 2,
    inFlight: 5,
    spans: { warmUp: { ms: 0, count: 10 }, measured: { ms: 0, count: 500 } },
  },
};

/** What a server delivers to a room. */
export const fanout: Bench = {
  about: `A room of ${sizes.full.members} members and one sender: texts of 100 bytes, ${sizes.full.inFlight} in flight, each server in a fresh process.`,
  run: ({ size, tell }) => {
    const contenders = Object.entries(servers).map(([subject, file]) => ({
      subject,
      take: async () => {
        await using server = Program.start(file);
        const { port } = await server.next<{ port: number }>();
        const given = { port, ...sizes[size] };
        return { "fanout.throughput": await takeTurn<number>("fan-out.ts", given satisfies FanOutTurn) };
      },
    }));
    return inTurn(contenders, { rounds: rounds[size], units: { "fanout.throughput": "deliveries/s" }, tell });
  },
};
