import { requireInstance, type ServiceInstance } from "@im-sdk/contracts";

/** The JSON that services in Go write and read as well. */
export function encodeInstance(instance: ServiceInstance): string {
  const { id, name, address, port, tags, metadata, health } = instance;
  return JSON.stringify({ id, name, address, port, tags, metadata, health });
}

/**
 * The instance that an entry describes, whoever wrote it. Only address and port must be right, since nothing can be connected
 * to without them; Go writes `null` for tags and metadata that were never set. Name and id are those of the key, which alone
 * are unique. Throws an Error that says what is wrong.
 */
export function decodeInstance(name: string, id: string, value: string): ServiceInstance {
  const entry: unknown = JSON.parse(value);
  if (!isRecord(entry)) throw new TypeError("it is no JSON object");
  const { address, port, tags, metadata, health } = entry;
  return requireInstance({
    id,
    name,
    // Whatever these are, it is for requireInstance to say.
    address: address as string,
    port: port as number,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
    metadata: Object.fromEntries(Object.entries(isRecord(metadata) ? metadata : {}).map(textOf)),
    health: health === "healthy" || health === "unhealthy" ? health : "unknown",
  });
}

function textOf([key, value]: [string, unknown]): [string, string] {
  return [key, typeof value === "string" ? value : JSON.stringify(value)];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
