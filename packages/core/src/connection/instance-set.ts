import {
  type Clock,
  type LoadBalancer,
  RegistryError,
  type ServiceDiscovery,
  type ServiceInstance,
} from "@im-sdk/contracts";
import { ImError } from "../im-error.ts";

/** The instances that a client knows. */
export interface KnownInstances {
  readonly list: readonly ServiceInstance[];
  /** The discovery cannot tell at the moment whether the list still holds. */
  readonly isStale: boolean;
  /** For how long that has been so, in milliseconds; 0 while the list is not stale. */
  readonly ageMs: number;
}

export interface InstanceSetOptions {
  serviceName: string;
  balancer: LoadBalancer;
  /** An empty list from the discovery leaves the instances as they were, and makes them stale. */
  keepLastInstances: boolean;
  clock: Clock;
  /** The list is another, has gone stale, with why, or is no longer stale. */
  onChange(known: KnownInstances, error: ImError | undefined): void;
  onError(error: ImError): void;
}

/** The last good snapshot of a service's instances, with its age; feeds the balancer. */
export class InstanceSet {
  readonly #options: InstanceSetOptions;
  #list: readonly ServiceInstance[] | undefined;
  #staleSinceMs: number | undefined;
  #lastError: ImError | undefined;
  #isFollowed = false;
  readonly #waiting = new Set<() => void>();

  constructor(options: InstanceSetOptions) {
    this.#options = options;
  }

  /** Undefined while nobody has told any: the balancer may then have been filled by its owner. */
  get list(): readonly ServiceInstance[] | undefined {
    return this.#list;
  }

  get known(): KnownInstances {
    const { clock } = this.#options;
    const ageMs = this.#staleSinceMs === undefined ? 0 : clock.now() - this.#staleSinceMs;
    return { list: this.#list ?? [], isStale: this.#staleSinceMs !== undefined, ageMs };
  }

  /** Why the discovery could not be asked when it failed last; undefined since it has answered. */
  get lastError(): ImError | undefined {
    return this.#lastError;
  }

  /** Whether the discovery vouches for the instance: it is listed, at the same address, and not as unhealthy. */
  lists(instance: ServiceInstance): boolean {
    // A list that the user set is for the next connection.
    if (!this.#isFollowed) return true;
    return this.#list?.some((listed) => isSamePlace(listed, instance) && listed.health !== "unhealthy") === true;
  }

  /**
   * The ids to leave out in order to get to another place than this one's, as far as is known; undefined when there is none. `key`
   * is that of the pick where only the balancer can tell.
   */
  elsewhere(instance: ServiceInstance, key: string): string[] | undefined {
    const { id } = instance;
    const isListed = (listed: ServiceInstance) => isSamePlace(listed, instance);
    if (this.#list === undefined) {
      return this.#options.balancer.pick({ key, exclude: new Set([id]) }) === undefined ? undefined : [id];
    }
    const hasOther = this.#list.some((listed) => listed.health !== "unhealthy" && !isListed(listed));
    if (!hasOther) return undefined;
    // Under the same id there may be another place by now.
    return this.#list.some((listed) => listed.id === id && !isListed(listed)) ? [] : [id];
  }

  update(list: readonly ServiceInstance[]): void {
    const isNews = list !== this.#list || this.#staleSinceMs !== undefined;
    this.#list = list;
    this.#staleSinceMs = undefined;
    this.#lastError = undefined;
    if (list.length > 0) for (const resolve of this.#waiting) resolve();
    if (!isNews) return;
    this.#options.balancer.update(list);
    this.#options.onChange(this.known, undefined);
  }

  /**
   * Follows a discovery until the signal aborts; resolves with the first snapshot. When it ends before, rejects while no
   * instances are known, and reports to `onError` while there are. `onEnd` is called when there is nothing more to follow.
   */
  follow(discovery: ServiceDiscovery, signal: AbortSignal, onEnd: () => void = () => {}): Promise<void> {
    const { serviceName, onError } = this.#options;
    this.#isFollowed = true;
    return new Promise((resolve, reject) => {
      const run = async () => {
        const watch = discovery.watch(serviceName, { signal, onError: (error) => this.#onWatchError(error) });
        for await (const list of watch) {
          this.#onSnapshot(list);
          resolve();
        }
        throw new ImError(
          "unavailable",
          `the discovery of ${serviceName} was closed: a client closes its own, so give each a discovery or a share of one`,
        );
      };
      run().catch((reason: unknown) => {
        onEnd();
        if (signal.aborted) return reject(signal.reason);
        const error = this.#errorOf(reason);
        if (this.#list === undefined) return reject(error);
        this.#goStale(error);
        onError(error);
        resolve();
      });
    });
  }

  /** Resolves when there is an instance in the list, or the signal aborts. */
  untilNotEmpty(signal: AbortSignal): Promise<void> {
    if (this.#list !== undefined && this.#list.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  #onSnapshot(list: readonly ServiceInstance[]): void {
    const { keepLastInstances, serviceName } = this.#options;
    const hasLast = this.#list !== undefined && this.#list.length > 0;
    if (list.length > 0 || !keepLastInstances || !hasLast) this.update(list);
    else
      this.#goStale(new ImError("unavailable", `the discovery lists no instance of ${serviceName}: the last are kept`));
  }

  #onWatchError(reason: Error): void {
    const error = this.#errorOf(reason);
    // The rest of the list holds when one entry makes no sense.
    const isAboutTheList = !(reason instanceof RegistryError && reason.code === "data_loss");
    const isNews = isAboutTheList ? this.#goStale(error) : true;
    if (isNews && !error.retryable) this.#options.onError(error);
  }

  /** Answers whether this is news: the beginning of it, or another reason than before. */
  #goStale(error: ImError): boolean {
    const isNews = this.#lastError?.code !== error.code;
    this.#lastError = error;
    if (this.#list === undefined || !isNews) return isNews;
    this.#staleSinceMs ??= this.#options.clock.now();
    this.#options.onChange(this.known, error);
    return true;
  }

  #errorOf(reason: unknown): ImError {
    return ImError.from(reason, `discovery of ${this.#options.serviceName} failed`);
  }
}

function isSamePlace(a: ServiceInstance, b: ServiceInstance): boolean {
  return a.id === b.id && a.address === b.address && a.port === b.port;
}
