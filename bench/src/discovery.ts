// From registering, and from SIGKILL, to the snapshot of a watch that shows it; with the defaults of both registries.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ServiceDiscovery, ServiceInstance } from "@im-sdk/core";
import { createRegistry, type RegistryKind, registryServers } from "./registries.ts";

const groups = 10;
const perGroup = 5;
/** So that no query of a watch waits for its rate limit, which is for registries that never rest. */
const restMs = 2_500;

export async function benchDiscovery(): Promise<void> {
  console.log(`\nms until a watch shows it: median and worst of ${groups * perGroup}\n`);
  for (const kind of ["Consul", "etcd"] as const) {
    await using server = await registryServers[kind]();
    const registered = await measureRegister(kind, server.address);
    const killed = await measureKill(kind, server.address);
    console.log(`  ${kind.padEnd(8)} registered ${summary(registered)}    killed ${summary(killed)}`);
  }
}

/** Registers instances one after the other, each under a service that is watched. */
async function measureRegister(kind: RegistryKind, address: string): Promise<number[]> {
  await using registry = createRegistry(kind, address);
  const services = await Promise.all(
    Array.from({ length: groups }, (_, index) => WatchedService.open(registry, `register-${index}`)),
  );
  const times: number[] = [];
  for (let round = 0; round < perGroup; round++) {
    await delay(restMs);
    for (const service of services) {
      const id = `${service.name}-${round}`;
      const startMs = performance.now();
      const seen = service.until((list) => list.some((one) => one.id === id));
      await registry.register(instanceOf(service.name, id));
      times.push((await seen) - startMs);
    }
  }
  return times;
}

/** Kills processes of servers, each under a service that is watched. */
async function measureKill(kind: RegistryKind, address: string): Promise<number[]> {
  await using registry = createRegistry(kind, address);
  const file = fileURLToPath(new URL("registry-members.ts", import.meta.url));
  const times = Array.from({ length: groups }, async (_, index) => {
    const service = await WatchedService.open(registry, `kill-${index}`);
    const ids = Array.from({ length: perGroup }, (_, each) => `${service.name}-${each}`);
    const child = fork(file, [kind, address, service.name, ...ids]);
    await once(child, "message");
    await service.until((list) => list.length === perGroup);
    // At any moment of the registry's own rhythm.
    await delay((index / groups) * 10_000);
    const startMs = performance.now();
    child.kill("SIGKILL");
    return Promise.all(
      ids.map(async (id) => (await service.until((list) => list.every((one) => one.id !== id))) - startMs),
    );
  });
  return (await Promise.all(times)).flat();
}

/** The snapshots of one watch, as they come. */
class WatchedService {
  readonly name: string;
  #list: readonly ServiceInstance[] = [];
  readonly #waiting = new Set<() => void>();

  /** Resolves with the first snapshot. */
  static async open(discovery: ServiceDiscovery, name: string): Promise<WatchedService> {
    const service = new WatchedService(name);
    const first = Promise.withResolvers<void>();
    void (async () => {
      for await (const list of discovery.watch(name)) {
        service.#list = list;
        first.resolve();
        for (const look of service.#waiting) look();
      }
    })().catch(first.reject);
    await first.promise;
    return service;
  }

  constructor(name: string) {
    this.name = name;
  }

  /** Resolves with the time at which the list was first as wanted. */
  until(isWanted: (list: readonly ServiceInstance[]) => boolean): Promise<number> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isWanted(this.#list)) return;
        this.#waiting.delete(look);
        resolve(performance.now());
      };
      this.#waiting.add(look);
      look();
    });
  }
}

function instanceOf(name: string, id: string): ServiceInstance {
  return { id, name, address: "127.0.0.1", port: 8083, tags: [], metadata: {}, health: "healthy" };
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const [median, worst] = [sorted[sorted.length >> 1], sorted.at(-1)].map((ms = Number.NaN) => String(Math.round(ms)));
  return `${median?.padStart(6)} and ${worst?.padStart(6)}`;
}
