import type { ServiceInstance } from "./service-instance.ts";

/** How a service is watched. */
export interface WatchOptions {
  /** Ends the watch when it aborts. */
  readonly signal?: AbortSignal;
  /**
   * Told of every failure that the watch outlives: the registry cannot be reached, refuses, or holds an entry that makes
   * no sense. After `unavailable` the last snapshot counts as stale until the next one.
   */
  readonly onError?: (error: Error) => void;
}

/** Finds the instances of a service. */
export interface ServiceDiscovery extends AsyncDisposable {
  /** The instances at this moment. Rejects when the registry cannot be asked or the signal aborts. */
  discover(serviceName: string, options?: { signal?: AbortSignal }): Promise<readonly ServiceInstance[]>;

  /**
   * Full snapshots, never deltas: the first one at once, another after every change, and another when the registry answers
   * again after an outage, changed or not. Outages do not end it; `close()`, the signal, or leaving the loop does, without
   * an error. It throws only when the registry refuses for good before there was a first snapshot, as with a wrong token.
   */
  watch(serviceName: string, options?: WatchOptions): AsyncIterable<readonly ServiceInstance[]>;

  /** Ends every watch and releases what the discovery holds. */
  close(): Promise<void>;
}
