import type { ServiceDiscovery, ServiceInstance } from "@im-sdk/contracts";

type Snapshot = readonly ServiceInstance[];

/** Reads a watch to its end, and keeps what it said, in order, with a way to wait for more. */
export class WatchRecorder {
  readonly snapshots: Snapshot[] = [];
  readonly errors: Error[] = [];
  /** Settles with the watch: rejects with what it threw. */
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  #waiting: (() => void)[] = [];

  constructor(discovery: ServiceDiscovery, serviceName: string) {
    const { signal } = this.#abort;
    const watch = discovery.watch(serviceName, { signal, onError: (error) => this.#note(this.errors, error) });
    this.ended = this.#read(watch);
    this.ended.catch(() => {});
  }

  get last(): Snapshot | undefined {
    return this.snapshots.at(-1);
  }

  get lastIds(): string {
    return this.last?.map(({ id }) => id).join(" ") ?? "nothing yet";
  }

  /** Resolves when the condition holds; checked after everything the watch says. */
  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  async #read(watch: AsyncIterable<Snapshot>): Promise<void> {
    for await (const snapshot of watch) this.#note(this.snapshots, snapshot);
  }

  #note<T>(list: T[], item: T): void {
    list.push(item);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
