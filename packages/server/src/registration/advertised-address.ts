import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The address to be reached by for a server that listens on `host`: `host` itself, unless that means every interface. Then it is
 * the machine's first address that is not loopback, IPv4 before IPv6, and loopback when there is no other.
 */
export function advertisedAddress(host: string, interfaces: Interfaces = networkInterfaces()): string {
  if (host !== "0.0.0.0" && host !== "::") return host;
  const outside = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
  const byFamily = (wanted: string) => outside.find(({ family }) => family === wanted)?.address;
  if (host === "0.0.0.0") return byFamily("IPv4") ?? "127.0.0.1";
  return byFamily("IPv4") ?? byFamily("IPv6") ?? "::1";
}
