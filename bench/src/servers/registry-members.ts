// A process with servers that register themselves. Says "up" once the registry has them all, and lives until it is killed.
import { startImServer } from "@im-sdk/server";
import { createRegistry, type RegistryAccess } from "../peers/registries.ts";
import { parameters, say } from "../processes/child.ts";

export interface RegistryMembers {
  readonly access: RegistryAccess;
  readonly serviceName: string;
  readonly ids: readonly string[];
}

const { access, serviceName, ids } = parameters<RegistryMembers>();
const registry = createRegistry(access);
await Promise.all(ids.map((id) => startImServer({ registry, serviceName, instance: { id } })));
say("up");
