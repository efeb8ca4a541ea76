import type { ServiceDiscovery, ServiceInstance } from "@im-sdk/contracts";
import { SnapshotStream } from "./snapshot-stream.ts";

type Snapshot = readonly ServiceInstance[];

/**
 * A discovery that a test steers by hand. It holds one set of instances and gives it for every service name.
 *
 * Every snapshot that is pushed reaches every watch, in order and none left out. After `fail` the registry counts as away
 * until the next `push`: `discover` rejects, open watches stay open and silent, and a new watch waits for that push.
 */
export class ManualDiscovery implements ServiceDiscovery {
  readonly #watches = new Set<SnapshotStream<Snapshot>>();
  #instances: Snapshot;
  #failure: { readonly error: unknown } | undefined;
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
    for (const watch of this.#watches) watch.push(this.#instances);
  }

  /** Lets the registry be away: `discover` rejects with `error` until the next `push`. */
  fail(error: unknown): void {
    this.#failure = { error };
  }

  async discover(_serviceName: string, options: { signal?: AbortSignal } = {}): Promise<Snapshot> {
    options.signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#instances;
  }

  watch(_serviceName: string, options: { signal?: AbortSignal } = {}): AsyncIterableIterator<Snapshot> {
    const { signal } = options;
    const watch = new SnapshotStream<Snapshot>(() => {
      this.#watches.delete(watch);
      signal?.removeEventListener("abort", abort);
    });
    const abort = () => watch.end();
    if (this.#closed || signal?.aborted) {
      watch.end();
      return watch;
    }
    signal?.addEventListener("abort", abort);
    this.#watches.add(watch);
    if (this.#failure === undefined) watch.push(this.#instances);
    return watch;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const watch of this.#watches) watch.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function closedError(): Error {
  return new Error("ManualDiscovery is closed: make a new one");
}
