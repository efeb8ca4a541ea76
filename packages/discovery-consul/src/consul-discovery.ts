import {
  mergeSnapshot,
  type RegisterOptions,
  type Registration,
  requireInstance,
  type ServiceDiscovery,
  type ServiceInstance,
  type ServiceRegistry,
  type WatchOptions,
} from "@im-sdk/contracts";
import { ConsulClient } from "./consul-client.ts";
import {
  type ConsulDiscoveryOptions,
  type ResolvedConsulDiscoveryOptions,
  resolveConsulDiscoveryOptions,
} from "./consul-discovery-options.ts";
import { readServiceEntries } from "./read-service-entries.ts";
import { invalidOption, requireText } from "./require-option.ts";
import { ServiceRegistration } from "./service-registration.ts";
import { watchService } from "./watch-service.ts";

/**
 * Instances in Consul: finds those whose checks pass, and registers. Errors of Consul are RegistryErrors, which name its
 * address and the option to look at, never the token.
 */
export class ConsulDiscovery implements ServiceDiscovery, ServiceRegistry {
  readonly #options: ResolvedConsulDiscoveryOptions;
  readonly #client: ConsulClient;
  readonly #registrations = new Set<ServiceRegistration>();
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  /** Throws a RangeError that names the option, its value and what is allowed. */
  constructor(options: ConsulDiscoveryOptions = {}) {
    this.#options = resolveConsulDiscoveryOptions(options);
    this.#client = new ConsulClient(this.#options);
  }

  /** One question, without retries. Entries that are no instances are left out; a watch tells of them. */
  async discover(serviceName: string, options: { signal?: AbortSignal } = {}): Promise<readonly ServiceInstance[]> {
    requireText("serviceName", serviceName);
    const ends = options.signal === undefined ? [] : [options.signal];
    const answer = await this.#client.passing(serviceName, 0n, AbortSignal.any([this.#closed.signal, ...ends]));
    return mergeSnapshot([], readServiceEntries(answer.entries).instances);
  }

  /**
   * Begins with this call. Tells `onError` every failed try (`unavailable`), an entry that is no instance once (`data_loss`), and a
   * token that is no longer taken (`permission_denied`). Makes at most one query a second, after a first two.
   */
  watch(serviceName: string, options: WatchOptions = {}): AsyncIterableIterator<readonly ServiceInstance[]> {
    requireText("serviceName", serviceName);
    const { clock, random } = this.#options;
    const watch = watchService({
      ...options,
      signal:
        options.signal === undefined ? this.#closed.signal : AbortSignal.any([this.#closed.signal, options.signal]),
      client: this.#client,
      serviceName,
      clock,
      random,
    });
    return watch;
  }

  /**
   * Registers with the agent, under the check of the options; `health` is not passed on, since the check tells it. Looks after
   * it every five seconds, or a third of the TTL. Throws a RangeError for what can be no instance.
   */
  async register(instance: ServiceInstance, options: RegisterOptions = {}): Promise<Registration> {
    requireText("name of an instance", requireInstance(instance).name);
    // Consul's paths lose what lies between two of them, so that some such ids could never be removed again.
    if (instance.id.includes("/")) throw invalidOption("id of an instance", instance.id, "a text without slashes");
    for (const signal of [this.#closed.signal, options.signal]) signal?.throwIfAborted();
    const { check, clock, random } = this.#options;
    const registration = new ServiceRegistration(instance, {
      ...options,
      client: this.#client,
      check,
      clock,
      random,
      onEnd: () => this.#registrations.delete(registration),
    });
    this.#registrations.add(registration);
    await registration.announced;
    return registration;
  }

  /** Also ends what keeps the registrations of this id alive here, which would otherwise put it back. */
  async deregister(instanceId: string): Promise<void> {
    requireText("instanceId", instanceId);
    const own = [...this.#registrations].filter(({ instance }) => instance.id === instanceId);
    if (own.length === 0) await this.#client.deregister(instanceId, this.#closed.signal);
    await Promise.all(own.map((registration) => registration.close()));
  }

  /** Ends every watch, deregisters what is registered, for at most five seconds, and closes the connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const reason = new Error("this ConsulDiscovery is closed: make a new one");
    this.#closed.abort(reason);
    await Promise.all([...this.#registrations].map((registration) => registration.abandon(reason)));
    this.#client.close();
  }
}
