import { RegistryError } from "@im-sdk/contracts";
import { type CallLimits, Endpoint, type EtcdCall } from "./endpoint.ts";
import type { ResolvedOptions } from "./etcd-discovery-options.ts";

/** The members of the cluster, of which one is used for as long as it answers. */
export class Cluster {
  /** Such as `etcd at localhost:2379`. */
  readonly registry: string;
  readonly #endpoints: Endpoint[];

  constructor(options: ResolvedOptions) {
    this.registry = `etcd at ${options.endpoints.join(", ")}`;
    this.#endpoints = options.endpoints.map((address) => new Endpoint(address, options));
  }

  /** Runs a call at the member in use; when that is away, at the others, once each. */
  call<T>(run: EtcdCall<T>, limits: CallLimits): Promise<T> {
    return this.tryEach((endpoint) => endpoint.call(run, limits), limits.signal);
  }

  /** As {@link call}, for work that needs more than one call to the same member. */
  async tryEach<T>(run: (endpoint: Endpoint) => Promise<T>, signal: AbortSignal): Promise<T> {
    const errors: RegistryError[] = [];
    for (const endpoint of [...this.#endpoints]) {
      try {
        return await run(endpoint);
      } catch (error) {
        if (signal.aborted || !(error instanceof RegistryError) || error.isFinal) throw error;
        this.avoid(endpoint);
        errors.push(error);
      }
    }
    const [first, ...others] = errors;
    if (first !== undefined && others.length === 0) throw first;
    const problems = errors.map(({ problem }) => problem).join("; ");
    const suspects = [...new Set(errors.flatMap((error) => error.suspects))];
    const options = { suspects, cause: first };
    throw new RegistryError("unavailable", this.registry, `none of them can be used: ${problems}`, options);
  }

  /** Uses the other members first from now on. */
  avoid(endpoint: Endpoint): void {
    this.#endpoints.splice(this.#endpoints.indexOf(endpoint), 1);
    this.#endpoints.push(endpoint);
  }

  close(): void {
    for (const endpoint of this.#endpoints) endpoint.close();
  }
}
