import { PortBlock } from "@im-sdk/test-servers";
import { type FaultProxy, startFaultProxy } from "@im-sdk/testing";
import type { Ledger } from "./ledger.ts";
import { Participant } from "./participant.ts";
import { Random } from "./random.ts";
import { roomsOf } from "./rooms.ts";
import { type LogKind, ServerProcess } from "./server-process.ts";

const servers = 2;
const clientsPerServer = 3;

/** A client, and its way to its server. */
export interface Seat {
  readonly participant: Participant;
  readonly proxy: FaultProxy;
}

/** Who is in which room. */
export function membersOfRooms(): Map<string, string[]> {
  const ofServer = (server: number) => Array.from({ length: clientsPerServer }, (_, seat) => userId(server, seat));
  return new Map(
    Array.from({ length: servers }, (_, server) =>
      roomsOf(server).map((room) => [room, ofServer(server)] as const),
    ).flat(),
  );
}

export interface FleetOptions {
  readonly random: Random;
  readonly ledger: Ledger;
  readonly log: LogKind;
  readonly onAcknowledged: () => void;
}

/** Two servers in processes of their own, and three clients each in this one, each behind a fault proxy of its own. */
export class Fleet implements AsyncDisposable {
  readonly servers: ServerProcess[] = [];
  /** Those of the first server first. */
  readonly seats: Seat[] = [];
  readonly #closing = new AsyncDisposableStack();

  /** Everybody is connected and in their rooms. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet();
    try {
      for (let server = 0; server < servers; server++) await fleet.#add(server, options);
      await Promise.all(fleet.servers.map((server) => server.start()));
      await Promise.all(fleet.seats.map(({ participant }) => participant.enter()));
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The seats of one server. */
  seatsOf(server: number): Seat[] {
    return this.seats.slice(server * clientsPerServer, (server + 1) * clientsPerServer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing.disposeAsync();
  }

  async #add(server: number, { random, log, ...shared }: FleetOptions): Promise<void> {
    const block = await PortBlock.claim(1 + clientsPerServer);
    this.#closing.defer(() => block.close());
    const [port = 0, ...proxyPorts] = block.ports;
    const onFailed = (words: string) => shared.ledger.failed(`server ${server} ${words}`);
    const process = await ServerProcess.create({ port, log, onFailed });
    this.#closing.defer(() => process.close());
    this.servers.push(process);
    for (const [seat, proxyPort] of proxyPorts.entries()) {
      const proxy = await startFaultProxy(`127.0.0.1:${port}`, { port: proxyPort });
      this.#closing.defer(() => proxy.close());
      const participant = new Participant(this.seats.length, {
        ...shared,
        userId: userId(server, seat),
        rooms: roomsOf(server),
        address: proxy.address,
        random: new Random(random.seed()),
      });
      this.#closing.defer(() => participant.client.disconnect({ timeoutMs: 1_000 }));
      this.seats.push({ participant, proxy });
    }
  }
}

function userId(server: number, seat: number): string {
  return `s${server}c${seat}`;
}
