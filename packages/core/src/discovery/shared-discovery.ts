import { type ServiceDiscovery, type ServiceInstance, SnapshotStream, type WatchOptions } from "@im-sdk/contracts";
import { SharedWatch } from "./shared-watch.ts";

type Snapshot = readonly ServiceInstance[];

/**
 * One discovery for the many clients of a process: however many watch a service, the registry is asked by one. Whoever makes it
 * closes it, and with it the discovery underneath; what a client closes is its share.
 */
export class SharedDiscovery implements AsyncDisposable {
  readonly #discovery: ServiceDiscovery;
  readonly #watches = new Map<string, SharedWatch>();

  constructor(discovery: ServiceDiscovery) {
    this.#discovery = discovery;
  }

  /** For one client. Its `close` ends only what was asked through it. */
  share(): ServiceDiscovery {
    const closed = new AbortController();
    const untilClosed = (signal: AbortSignal | undefined) =>
      signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]);
    const close = async () => closed.abort(new Error("this share of a discovery is closed: ask for another one"));
    return {
      discover: (serviceName, { signal } = {}) =>
        this.#discovery.discover(serviceName, { signal: untilClosed(signal) }),
      watch: (serviceName, options = {}) =>
        this.#watch(serviceName, { ...options, signal: untilClosed(options.signal) }),
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  /** Ends every watch of every share, and closes the discovery. */
  close(): Promise<void> {
    for (const watch of this.#watches.values()) watch.close();
    return this.#discovery.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #watch(serviceName: string, { signal, onError }: WatchOptions): SnapshotStream<Snapshot> {
    const end = () => stream.end();
    const stream: SnapshotStream<Snapshot> = new SnapshotStream({
      onEnd: () => {
        signal?.removeEventListener("abort", end);
        watch.leave(stream);
      },
    });
    const watch = this.#watches.get(serviceName) ?? this.#open(serviceName);
    if (signal?.aborted) {
      end();
      return stream;
    }
    signal?.addEventListener("abort", end);
    watch.join(stream, onError);
    return stream;
  }

  #open(serviceName: string): SharedWatch {
    const watch = new SharedWatch(
      (options) => this.#discovery.watch(serviceName, options),
      () => {
        if (this.#watches.get(serviceName) === watch) this.#watches.delete(serviceName);
      },
    );
    this.#watches.set(serviceName, watch);
    return watch;
  }
}
