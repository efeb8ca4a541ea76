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
  keepsLastInstances: boolean;
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

  /** The instance is in the list under the same address, and not as unhealthy. */
  lists({ id, address, port }: ServiceInstance): boolean {
    const found = this.#list?.find((instance) => instance.id === id);
    return found?.address === address && found.port === port && found.health !== "unhealthy";
  }

  /** There is another instance to go to, as far as is known. `key` is that of the pick where only the balancer can tell. */
  hasOther({ id }: ServiceInstance, key: string): boolean {
    if (this.#list !== undefined) return this.#list.some((other) => other.id !== id && other.health !== "unhealthy");
    return this.#options.balancer.pick({ key, exclude: new Set([id]) }) !== undefined;
  }

  update(list: readonly ServiceInstance[]): void {
    const isNews = list !== this.#list || this.#staleSinceMs !== undefined;
    this.#list = list;
    this.#staleSinceMs = undefined;
    this.#lastError = undefined;
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
    return new Promise((resolve, reject) => {
      const run = async () => {
        const watch = discovery.watch(serviceName, { signal, onError: (error) => this.#onWatchError(error) });
        for await (const list of watch) {
          this.#onSnapshot(list);
          resolve();
        }
        throw new ImError("unavailable", `the watch of ${serviceName} ended`);
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

  #onSnapshot(list: readonly ServiceInstance[]): void {
    const { keepsLastInstances, serviceName } = this.#options;
    if (list.length > 0 || !keepsLastInstances || this.#list === undefined) this.update(list);
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

  /** Answers whether this is the beginning of it. */
  #goStale(error: ImError): boolean {
    const isNews = this.#lastError === undefined;
    this.#lastError = error;
    if (this.#list !== undefined && this.#staleSinceMs === undefined) {
      this.#staleSinceMs = this.#options.clock.now();
      this.#options.onChange(this.known, error);
    }
    return isNews;
  }

  #errorOf(reason: unknown): ImError {
    return ImError.from(reason, `discovery of ${this.#options.serviceName} failed`);
  }
}
