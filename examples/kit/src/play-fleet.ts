import {
  ConsistentHashBalancer,
  LeastConnectionsBalancer,
  RandomBalancer,
  RoundRobinBalancer,
  WeightedRoundRobinBalancer,
} from "@im-sdk/balancers";
import { ImClient, type LoadBalancer, type ServiceDiscovery } from "@im-sdk/core";
import type { ServerProcess } from "@im-sdk/test-servers";

export interface FleetOptions {
  /** What the registry is called in the output. */
  readonly registry: string;
  /** A server that registers itself under this id, and has not been started yet. */
  createServer(id: string): ServerProcess;
  createDiscovery(): ServiceDiscovery;
  readonly print: (line: string) => void;
}

const balancers: Readonly<Record<string, () => LoadBalancer>> = {
  "round robin": () => new RoundRobinBalancer(),
  random: () => new RandomBalancer(),
  "weighted round robin": () => new WeightedRoundRobinBalancer(),
  "consistent hash": () => new ConsistentHashBalancer(),
  "least connections": () => new LeastConnectionsBalancer(),
};

/** A client, with the servers that it has had. */
interface Visitor {
  readonly name: string;
  readonly client: ImClient;
  readonly servedBy: string[];
}

/** Three servers, a client for each balancer, one server killed, one added; prints who serves whom. */
export async function playFleet({ registry, createServer, createDiscovery, print }: FleetOptions): Promise<void> {
  const servers = new Map(["im-1", "im-2", "im-3", "im-4"].map((id) => [id, createServer(id)]));
  const start = (...ids: string[]) => Promise.all(ids.map((id) => servers.get(id)?.start()));
  const visitors = Object.entries(balancers).map(([name, create]) => createVisitor(name, createDiscovery(), create()));
  const newcomers = Object.entries(balancers).map(([name, create]) => createVisitor(name, createDiscovery(), create()));
  const knowledge = () => `${registry} knows ${idsKnownTo(visitors[0]).join(", ")}`;
  try {
    await start("im-1", "im-2", "im-3");
    await Promise.all(visitors.map(({ client }) => client.connect()));
    await until(visitors, (visitor) => idsKnownTo(visitor).length === 3);
    print(knowledge());
    await chat(visitors, print);

    const unlucky = mostBusy(visitors);
    const losers = visitors.filter(({ servedBy }) => servedBy.at(-1) === unlucky);
    await servers.get(unlucky)?.kill();
    print(`\n${unlucky} is killed (SIGKILL)`);
    await until(losers, ({ client, servedBy }) => client.isConnected && servedBy.length > 1);
    await chat(visitors, print);
    await until(visitors, (visitor) => !idsKnownTo(visitor).includes(unlucky));
    print(knowledge());

    await start("im-4");
    await until(visitors, (visitor) => idsKnownTo(visitor).includes("im-4"));
    print(`\nim-4 is added: ${knowledge()}\nwho was served stays, and newcomers find it:`);
    await Promise.all(newcomers.map(({ client }) => client.connect()));
    await chat(newcomers, print);
  } finally {
    await Promise.all([...visitors, ...newcomers].map(({ client }) => client.disconnect()));
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}

function createVisitor(name: string, discovery: ServiceDiscovery, balancer: LoadBalancer): Visitor {
  const userId = name.replaceAll(" ", "-");
  const client = new ImClient({
    userId,
    discovery,
    balancer,
    retryIntervalMs: 100,
    maxRetries: Number.POSITIVE_INFINITY,
  });
  const servedBy: string[] = [];
  client.on("connect", ({ instance }) => servedBy.push(instance?.id ?? "?"));
  client.on("error", (error) => console.error(`${name}: ${error.message}`));
  return { name, client, servedBy };
}

/** Everybody says something, and the server that has stored it is printed. */
async function chat(visitors: readonly Visitor[], print: (line: string) => void): Promise<void> {
  for (const { name, client, servedBy } of visitors) {
    const { delivery } = await client.sendTextMessage("lobby", `hello from ${name}`);
    print(`  ${name.padEnd(22)} ${servedBy.join(" → ")}   ${delivery}`);
  }
}

function idsKnownTo(visitor: Visitor | undefined): string[] {
  return (visitor?.client.instances.list ?? []).map(({ id }) => id).sort();
}

function mostBusy(visitors: readonly Visitor[]): string {
  const clients = Map.groupBy(visitors, ({ servedBy }) => servedBy.at(-1) ?? "");
  const [busiest] = [...clients].sort(([, a], [, b]) => b.length - a.length);
  return busiest?.[0] ?? "";
}

/** Waits until all of them are as wanted; looks again at whatever a client tells of its instances or its stream. */
async function until(visitors: readonly Visitor[], isWanted: (visitor: Visitor) => boolean): Promise<void> {
  for (const visitor of visitors) {
    while (!isWanted(visitor)) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          visitor.client.off("instances", wake).off("connect", wake);
          resolve();
        };
        visitor.client.on("instances", wake).on("connect", wake);
      });
    }
  }
}
