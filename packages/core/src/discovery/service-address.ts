import { parseAddress, requireInstance, type ServiceInstance } from "@im-sdk/contracts";
import { ImError } from "../im-error.ts";

/** The `services` option as instances; throws `invalid_argument` when it is no list or an entry is no address. */
export function toServiceInstances(
  services: readonly (string | ServiceInstance)[],
  serviceName: string,
): readonly ServiceInstance[] {
  if (!Array.isArray(services)) {
    throw new ImError("invalid_argument", `services must be a list of addresses, got ${String(services)}`);
  }
  return services.map((service) => toServiceInstance(service, serviceName));
}

/**
 * An entry of the `services` option as an instance; a `host:port` string is its own id. Throws `invalid_argument` for
 * anything that cannot be connected to.
 */
export function toServiceInstance(service: string | ServiceInstance, serviceName: string): ServiceInstance {
  if (typeof service !== "string") {
    if (typeof service !== "object" || service === null) {
      throw new ImError("invalid_argument", `services: want "host:port" or an instance, got ${String(service)}`);
    }
  }
  try {
    if (typeof service !== "string") return requireInstance(service);
    const { address, port } = parseAddress(service);
    return { id: service, name: serviceName, address, port, tags: [], metadata: {}, health: "unknown" };
  } catch (error) {
    throw new ImError("invalid_argument", `services: ${(error as RangeError).message}`, { cause: error });
  }
}
