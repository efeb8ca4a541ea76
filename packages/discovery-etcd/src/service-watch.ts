import { backoffDelayMs, RegistryError, type ServiceInstance, SnapshotStream, sleep, tell } from "@im-sdk/contracts";
import type { Cluster } from "./cluster.ts";
import type { ResolvedOptions } from "./etcd-discovery-options.ts";
import { openWatch } from "./open-watch.ts";
import { Pacer } from "./pacer.ts";
import { retryDelays } from "./retry-delays.ts";
import type { KeyRange, ServiceKeys } from "./service-keys.ts";
import { ServiceView } from "./service-view.ts";

export interface ServiceWatchOptions {
  readonly serviceName: string;
  readonly cluster: Cluster;
  readonly keys: ServiceKeys;
  readonly timing: Pick<ResolvedOptions, "clock" | "random">;
  readonly onError: ((error: Error) => void) | undefined;
  /** Called once, by whatever ends the watch. */
  readonly onEnd: () => void;
}

/** How often a burst of changes makes a snapshot; a lone change makes one at once. */
const snapshotIntervalMs = 50;

/** The end of a watch that lasted so long is no failure yet: only the next try tells whether etcd is away. */
const stableMs = 5_000;

/** One watch of one service: goes on through all outages until its stream is ended. */
export class ServiceWatch {
  readonly snapshots: SnapshotStream<readonly ServiceInstance[]>;
  readonly #options: ServiceWatchOptions;
  readonly #range: KeyRange;
  readonly #view: ServiceView;
  readonly #pacer: Pacer;
  readonly #ended = new AbortController();
  #last: readonly ServiceInstance[] | undefined;

  /** Throws a RangeError when this can be no service name. */
  constructor(options: ServiceWatchOptions) {
    const { serviceName, cluster, keys, timing, onError } = options;
    this.#options = options;
    this.#range = keys.service(serviceName);
    this.#pacer = new Pacer(() => this.#publish({ evenSame: false }), snapshotIntervalMs, timing.clock);
    this.#view = new ServiceView({
      serviceName,
      keys,
      registry: cluster.registry,
      onMalformed: (error) => tell(onError, error),
      onChange: () => this.#pacer.request(),
    });
    this.snapshots = new SnapshotStream({
      onEnd: () => {
        this.#ended.abort();
        this.#pacer.stop();
        options.onEnd();
      },
    });
  }

  /** Begins; ends by itself only when etcd refuses before there was a snapshot. */
  start(): void {
    this.#run(this.#ended.signal).catch((error) => {
      if (!this.#ended.signal.aborted) this.snapshots.fail(error);
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { timing, onError } = this.#options;
    for (let failures = 0; ; ) {
      try {
        await this.#follow(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted || !(error instanceof RegistryError)) throw error;
        if (error.isFinal && this.#last === undefined) throw error;
        tell(onError, error);
        failures++;
      }
      const delayMs = backoffDelayMs(Math.max(1, failures), { ...retryDelays, random: timing.random });
      await sleep(delayMs, timing.clock, signal);
    }
  }

  /** Opens a watch and stays with it to its end; throws when that is a failure. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { cluster, timing } = this.#options;
    const [view, range, clock] = [this.#view, this.#range, timing.clock];
    const { endpoint, ended } = await cluster.tryEach(
      async (endpoint) => ({ endpoint, ...(await openWatch({ endpoint, range, view, clock, signal })) }),
      signal,
    );
    this.#publish({ evenSame: true });
    const openedAt = clock.now();
    const error = await ended;
    cluster.avoid(endpoint);
    if (clock.now() - openedAt < stableMs) throw error;
  }

  #publish({ evenSame }: { evenSame: boolean }): void {
    const next = this.#view.snapshot();
    if (evenSame || next !== this.#last) this.snapshots.push(next);
    this.#last = next;
  }
}
