import type { Result } from "../measures/result.ts";
import { summaryOf } from "../measures/summary.ts";
import { type RegistryAccess, registryServers } from "../peers/registries.ts";
import type { Bench, Size } from "./bench.ts";
import { type DiscoveryEffort, killTimes, registerTimes } from "./discovery-times.ts";

const efforts: Record<Size, DiscoveryEffort> = {
  // The rest is so that no query of a watch waits for its rate limit, which is for registries that never rest.
  full: { groups: 10, perGroup: 5, restMs: 2_500, rhythmMs: 10_000 },
  quick: { groups: 1, perGroup: 1, restMs: 0, rhythmMs: 0 },
};

/** How soon a watch shows what has changed. */
export const discovery: Bench = {
  about:
    "From registering, and from SIGKILL, to the snapshot of a watch that shows it; with the defaults of both registries.",
  run: async ({ size, tell }) => {
    await using stack = new AsyncDisposableStack();
    const registries: RegistryAccess[] = [];
    for (const kind of ["Consul", "etcd"] as const) {
      const { address } = stack.use(await registryServers[kind]());
      registries.push({ kind, address, isHasty: size === "quick" });
    }
    const effort = efforts[size];
    const results: Result[] = [];
    for (const access of registries) {
      tell(`registering in ${access.kind}`);
      results.push(resultOf("discovery.registered", access, await registerTimes(access, effort)));
    }
    tell("killing what is registered");
    const killed = await Promise.all(registries.map((access) => killTimes(access, effort)));
    return [
      ...results,
      ...registries.map((access, index) => resultOf("discovery.killed", access, killed[index] ?? [])),
    ];
  },
};

function resultOf(measure: string, { kind }: RegistryAccess, times: readonly number[]): Result {
  return { measure, subject: kind, unit: "ms", ...summaryOf(times) };
}
