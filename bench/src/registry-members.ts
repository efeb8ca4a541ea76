// A process with servers that register themselves: node registry-members.ts <kind> <address> <service> <id> …. Says "up" once
// the registry has them all, and lives until it is killed.
import { startImServer } from "@im-sdk/server";
import { createRegistry, type RegistryKind } from "./registries.ts";

const [, , kind = "", address = "", serviceName = "", ...ids] = process.argv;
const registry = createRegistry(kind as RegistryKind, address);
await Promise.all(ids.map((id) => startImServer({ registry, serviceName, instance: { id } })));
process.send?.("up");
