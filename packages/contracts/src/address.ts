/**
 * Splits `host:port`, `1.2.3.4:port` or `[v6]:port` into its parts, the IPv6 address without brackets. Throws a RangeError
 * that names the text when there is no host, or no port from 1 to 65535.
 */
export function parseAddress(text: string): { address: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/\s[\]@?#]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (address === undefined || port < 1 || port > 65_535) {
    throw new RangeError(
      `"${text}" is no address: want host:port or [ipv6]:port with a port from 1 to 65535, such as "localhost:8083"`,
    );
  }
  return { address, port };
}

/** The reverse of {@link parseAddress}: `host:port`, IPv6 in brackets. */
export function formatAddress(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
