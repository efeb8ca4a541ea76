import { type Clock, parseAddress, systemClock } from "@im-sdk/contracts";
import type { FaultProxy } from "./fault-proxy.ts";
import type { LaneFaults } from "./lane.ts";
import { TcpProxy } from "./tcp-proxy.ts";

/** Options of {@link startFaultProxy}. */
export interface FaultProxyOptions {
  /** Loopback address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port to listen on; the default 0 takes a free one. */
  readonly port?: number;
  /** Bytes that a connection may hold back in each direction before its sender is slowed down. Default 65,536. */
  readonly maxHeldBytes?: number;
  /** Time for delays and throttling. Default: the clock of the process. */
  readonly clock?: Clock;
}

/**
 * Starts a proxy on loopback in front of `target`, `host:port` or its parts. Rejects when it cannot listen. A target that
 * cannot be reached shows as a connection that is reset right after it was accepted.
 */
export async function startFaultProxy(
  target: string | { readonly host: string; readonly port: number },
  options: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const { host = "127.0.0.1", port = 0, maxHeldBytes = 65_536, clock = systemClock } = options;
  const { address: targetHost, port: targetPort } =
    typeof target === "string" ? parseAddress(target) : { address: target.host, port: target.port };
  if (!(maxHeldBytes >= 1)) throw new RangeError(`maxHeldBytes is ${maxHeldBytes}: want 1 or more`);
  const faults = (): LaneFaults => ({ stalled: false, delayMs: 0, bytesPerSecond: Infinity, maxHeldBytes, clock });
  const proxy = new TcpProxy(host, { host: targetHost, port: targetPort }, faults(), faults());
  await proxy.listen(port);
  return proxy;
}
