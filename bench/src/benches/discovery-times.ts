import { setTimeout as delay } from "node:timers/promises";
import type { ServiceInstance } from "@im-sdk/core";
import { createRegistry, type RegistryAccess } from "../peers/registries.ts";
import { Program } from "../processes/program.ts";
import type { RegistryMembers } from "../servers/registry-members.ts";
import { WatchedService } from "./watched-service.ts";

export interface DiscoveryEffort {
  readonly groups: number;
  readonly perGroup: number;
  /** Between two registrations under one name. */
  readonly restMs: number;
  /** The kills are spread over so much time: they come at any moment of the registry's own rhythm. */
  readonly rhythmMs: number;
}

/** Registers instances one after the other, each under a service that is watched; the times until the watch shows them, in ms. */
export async function registerTimes(
  access: RegistryAccess,
  { groups, perGroup, restMs }: DiscoveryEffort,
): Promise<number[]> {
  await using registry = createRegistry(access);
  // Consul drops from its answers what its first check does not find, which may come before the watch has asked.
  await using server = Program.start("servers/reference-server.ts");
  const { port } = await server.next<{ port: number }>();
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
      await registry.register(instanceOf(service.name, id, port));
      times.push((await seen) - startMs);
    }
  }
  return times;
}

/** Kills processes of servers, each under a service that is watched; the times until the watch no longer shows them, in ms. */
export async function killTimes(
  access: RegistryAccess,
  { groups, perGroup, rhythmMs }: DiscoveryEffort,
): Promise<number[]> {
  await using registry = createRegistry(access);
  const times = Array.from({ length: groups }, async (_, index) => {
    const service = await WatchedService.open(registry, `kill-${index}`);
    const ids = Array.from({ length: perGroup }, (_, each) => `${service.name}-${each}`);
    const members = { access, serviceName: service.name, ids } satisfies RegistryMembers;
    await using program = Program.start("servers/registry-members.ts", members);
    await program.next();
    await service.until((list) => list.length === perGroup);
    await delay((index / groups) * rhythmMs);
    const startMs = performance.now();
    const gone = ids.map((id) => service.until((list) => list.every((one) => one.id !== id)));
    await program.kill();
    return (await Promise.all(gone)).map((atMs) => atMs - startMs);
  });
  return (await Promise.all(times)).flat();
}

function instanceOf(name: string, id: string, port: number): ServiceInstance {
  return { id, name, address: "127.0.0.1", port, tags: [], metadata: {}, health: "healthy" };
}
