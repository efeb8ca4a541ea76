import { type ServiceDiscovery, type ServiceInstance, SnapshotStream, type WatchOptions } from "@im-sdk/contracts";

type Snapshot = readonly ServiceInstance[];

/**
 * A discovery that a test steers by hand. It holds one set of instances and gives it for every service name.
 *
 * Every snapshot that is pushed reaches every watch, in order and none left out. After `fail` the registry counts as away
 * until the next `push`: `discover` rejects, watches hear of the error and stay open, and a new one waits for that push.
 */
export class ManualDiscovery implements ServiceDiscovery {
  readonly #watches = new Map<SnapshotStream<Snapshot>, WatchOptions>();
  #instances: Snapshot;
  #failure: { readonly error: Error } | undefined;
  #closed = false;

  /** Starts with `instances`, none by default. */
  constructor(instances: Snapshot = []) {
    this.#instances = Object.freeze([...instances]);
  }

  /** Watches that are open: 0 when whoever watched has let go. */
  get watches(): number {
    return this.#watches.size;
  }

  /** Replaces the set, tells every watch, and ends a failure. Throws once the discovery is closed. */
  push(instances: Snapshot): void {
    if (this.#closed) throw closedError();
    this.#failure = undefined;
    this.#instances = Object.freeze([...instances]);
    for (const watch of this.#watches.keys()) watch.push(this.#instances);
  }

  /** Lets the registry be away until the next `push`: `discover` rejects with `error`, and watches are told of it. */
  fail(error: Error): void {
    this.#failure = { error };
    for (const { onError } of this.#watches.values()) onError?.(error);
  }

  async discover(_serviceName: string, options: { signal?: AbortSignal } = {}): Promise<Snapshot> {
    options.signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#instances;
  }

  watch(_serviceName: string, options: WatchOptions = {}): AsyncIterableIterator<Snapshot> {
    const { signal, onError } = options;
    const watch = new SnapshotStream<Snapshot>({
      keeps: "all",
      onEnd: () => {
        this.#watches.delete(watch);
        signal?.removeEventListener("abort", abort);
      },
    });
    const abort = () => watch.end();
    if (this.#closed || signal?.aborted) {
      watch.end();
      return watch;
    }
    signal?.addEventListener("abort", abort);
    this.#watches.set(watch, options);
    if (this.#failure === undefined) watch.push(this.#instances);
    else onError?.(this.#failure.error);
    return watch;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const watch of this.#watches.keys()) watch.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function closedError(): Error {
  return new Error("ManualDiscovery is closed: make a new one");
}
