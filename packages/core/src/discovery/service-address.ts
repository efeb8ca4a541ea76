import { parseAddress, type ServiceInstance } from "@im-sdk/contracts";
import { ImError } from "../im-error.ts";

/**
 * An entry of the `services` option as an instance; a `host:port` string is its own id. Throws `invalid_argument` for
 * anything that cannot be connected to.
 */
export function toServiceInstance(service: string | ServiceInstance, serviceName: string): ServiceInstance {
  if (typeof service !== "string") {
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
    `services: ${field} of an instance must be ${want}, got ${JSON.stringify(value)}`,
  );
}
