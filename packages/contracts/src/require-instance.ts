import { isIPv6 } from "node:net";
import type { ServiceInstance } from "./service-instance.ts";

/** The instance, if one could connect to it; throws a RangeError that names the field, its value and what is allowed. */
export function requireInstance(instance: ServiceInstance): ServiceInstance {
  const { id, address, port } = instance;
  if (typeof id !== "string" || id === "") throw invalid("id", id, "a non-empty string");
  if (typeof address !== "string" || !(isIPv6(address) || /^[^\s:/[\]@?#]+$/.test(address))) {
    throw invalid("address", address, "a host name or IP address, IPv6 without brackets, and nothing else");
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid("port", port, "an integer from 1 to 65535");
  return instance;
}

function invalid(field: string, value: unknown, want: string): RangeError {
  const got = typeof value === "string" ? `"${value}"` : String(value);
  return new RangeError(`${field} of an instance must be ${want}, got ${got}`);
}
