import type { ServiceInstance } from "@im-sdk/contracts";

/** A healthy instance with the given id, at 127.0.0.1:8083 of `im-service` unless `fields` say otherwise. */
export function createInstance(id: string, fields: Partial<ServiceInstance> = {}): ServiceInstance {
  return {
    id,
    name: "im-service",
    address: "127.0.0.1",
    port: 8083,
    tags: [],
    metadata: {},
    health: "healthy",
    ...fields,
  };
}
