import { formatAddress, type ServiceInstance } from "@im-sdk/contracts";
import { ImError } from "../im-error.ts";
import { Endpoint, type EndpointLease, type EndpointOptions, type TlsOptions } from "./endpoint.ts";

/** HTTP/2 connections shared by clients: one for each instance, and another when the peer's stream limit is reached. */
export interface EndpointPool extends AsyncDisposable {
  /** A share of a connection that is up. Rejects with why the instance cannot be reached, or when the signal aborts. */
  acquire(instance: ServiceInstance, options: EndpointOptions, signal: AbortSignal): Promise<EndpointLease>;
  /** Closes every connection, whoever still has a share. */
  close(): Promise<void>;
}

/**
 * A pool for the `endpointPool` option, so that the clients of one process share connections. Whoever makes it closes it.
 * A client that is given none has a pool of its own.
 */
export function createEndpointPool(): EndpointPool {
  const endpoints = new Map<string, Set<Endpoint>>();
  const tlsIds = new WeakMap<object, number>();
  let lastTlsId = 0;
  let closed = false;

  /** Options that are not the same object are not the same: comparing what they hold would be comparing secrets. */
  function tlsId(tls: TlsOptions): number {
    if (typeof tls !== "object") return 0;
    const known = tlsIds.get(tls);
    if (known !== undefined) return known;
    tlsIds.set(tls, ++lastTlsId);
    return lastTlsId;
  }

  function endpointFor(instance: ServiceInstance, options: EndpointOptions): Endpoint {
    const scheme = options.tls === false ? "http" : "https";
    const baseUrl = `${scheme}://${formatAddress(instance.address, instance.port)}`;
    const key = `${baseUrl} ${tlsId(options.tls)} ${options.readMaxBytes} ${options.writeMaxBytes}`;
    let group = endpoints.get(key);
    if (group === undefined) {
      group = new Set();
      endpoints.set(key, group);
    }
    for (const endpoint of group) if (endpoint.hasRoom) return endpoint;
    const siblings = group;
    const endpoint = new Endpoint(baseUrl, options, () => {
      siblings.delete(endpoint);
      if (siblings.size === 0) endpoints.delete(key);
    });
    group.add(endpoint);
    return endpoint;
  }

  async function close(): Promise<void> {
    closed = true;
    for (const group of [...endpoints.values()]) for (const endpoint of [...group]) endpoint.close();
    endpoints.clear();
  }

  return {
    async acquire(instance, options, signal) {
      if (closed)
        throw new ImError("failed_precondition", "endpointPool is closed: make a new one with createEndpointPool()");
      const endpoint = endpointFor(instance, options);
      const lease = endpoint.lease();
      try {
        await endpoint.connect(signal);
        return lease;
      } catch (error) {
        lease.release();
        throw error;
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
