import { parseAddress, type ServiceInstance } from "@im-sdk/contracts";
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
    const { id, address, port } = service;
    if (typeof id !== "string" || id === "") throw invalid("id", id, "a non-empty string");
    if (typeof address !== "string" || address === "") throw invalid("address", address, "a host name or IP address");
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid("port", port, "an integer from 1 to 65535");
    return service;
  }
  try {
    const { address, port } = parseAddress(service);
    return { id: service, name: serviceName, address, port, tags: [], metadata: {}, health: "unknown" };
  } catch (error) {
    throw new ImError("invalid_argument", `services: ${(error as RangeError).message}`, { cause: error });
  }
}

function invalid(field: string, value: unknown, want: string): ImError {
  return new ImError(
    "invalid_argument",
    `services: ${field} of an instance must be ${want}, got ${typeof value === "string" ? `"${value}"` : String(value)}`,
  );
}
