import type { Clock, LoadBalancer, ServiceDiscovery, ServiceInstance } from "@im-sdk/contracts";
import { ImError } from "../im-error.ts";

export interface InstanceSetOptions {
  serviceName: string;
  balancer: LoadBalancer;
  clock: Clock;
  onError(error: ImError): void;
}

/** The last good snapshot of a service's instances, with its age; feeds the balancer. */
export class InstanceSet {
  readonly #options: InstanceSetOptions;
  #instances: readonly ServiceInstance[] | undefined;
  #updatedAtMs: number | undefined;

  constructor(options: InstanceSetOptions) {
    this.#options = options;
  }

  /** Undefined while nobody has told any: the balancer may then have been filled by its owner. */
  get instances(): readonly ServiceInstance[] | undefined {
    return this.#instances;
  }

  /** Milliseconds since the last snapshot; undefined before the first. */
  get ageMs(): number | undefined {
    return this.#updatedAtMs === undefined ? undefined : this.#options.clock.now() - this.#updatedAtMs;
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#instances = instances;
    this.#updatedAtMs = this.#options.clock.now();
    this.#options.balancer.update(instances);
  }

  /**
   * Follows a discovery until the signal aborts; resolves with the first snapshot. When it fails, rejects while no instances
   * are known, and reports to `onError` while there are. `onEnd` is called when there is nothing more to follow.
   */
  follow(discovery: ServiceDiscovery, signal: AbortSignal, onEnd: () => void = () => {}): Promise<void> {
    const { serviceName, onError } = this.#options;
    return new Promise((resolve, reject) => {
      const run = async () => {
        for await (const instances of discovery.watch(serviceName, { signal })) {
          this.update(instances);
          resolve();
        }
        throw new ImError("unavailable", `the watch of ${serviceName} ended`);
      };
      run().catch((reason: unknown) => {
        onEnd();
        if (signal.aborted) return reject(signal.reason);
        const error = ImError.from(reason, `discovery of ${serviceName} failed`);
        if (this.#updatedAtMs === undefined) return reject(error);
        onError(error);
        resolve();
      });
    });
  }
}
