import type { ServiceInstance } from "./service-instance.ts";

/** Finds the instances of a service. */
export interface ServiceDiscovery extends AsyncDisposable {
  /** The instances at this moment. Rejects when the registry cannot be asked or the signal aborts. */
  discover(serviceName: string, options?: { signal?: AbortSignal }): Promise<readonly ServiceInstance[]>;

  /**
   * Full snapshots, never deltas: the first one at once, another after every change. Outages of the registry do not end
   * it; `close()`, the signal, or leaving the loop does, without an error.
   */
  watch(serviceName: string, options?: { signal?: AbortSignal }): AsyncIterable<readonly ServiceInstance[]>;

  /** Ends every watch and releases what the discovery holds. */
  close(): Promise<void>;
}
