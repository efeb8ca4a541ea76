import {
  type RegisterOptions,
  type Registration,
  requireInstance,
  type ServiceDiscovery,
  type ServiceInstance,
  type ServiceRegistry,
  type SnapshotStream,
  type WatchOptions,
} from "@im-sdk/contracts";
import { Cluster } from "./cluster.ts";
import { EntryKeeper } from "./entry-keeper.ts";
import {
  type EtcdDiscoveryOptions,
  type ResolvedOptions,
  resolveEtcdDiscoveryOptions,
} from "./etcd-discovery-options.ts";
import { EtcdRegistration } from "./etcd-registration.ts";
import { encodeInstance } from "./instance-codec.ts";
import { ServiceKeys } from "./service-keys.ts";
import { ServiceView } from "./service-view.ts";
import { ServiceWatch } from "./service-watch.ts";

type Snapshot = readonly ServiceInstance[];

/**
 * Finds and announces instances in etcd v3 (3.4 or later), as `<prefix>/<service name>/<instance id>` with a JSON value.
 *
 * Errors are RegistryErrors; a call after `close` rejects with an Error.
 */
export class EtcdDiscovery implements ServiceDiscovery, ServiceRegistry {
  readonly #options: ResolvedOptions;
  readonly #keys: ServiceKeys;
  readonly #cluster: Cluster;
  readonly #watches = new Set<SnapshotStream<Snapshot>>();
  readonly #registrations = new Set<EtcdRegistration>();
  readonly #ended = new AbortController();
  #closed: Promise<void> | undefined;

  /** Connects only when it is used. Throws a RangeError that names the option that is wrong. */
  constructor(options: EtcdDiscoveryOptions = {}) {
    this.#options = resolveEtcdDiscoveryOptions(options);
    this.#keys = new ServiceKeys(this.#options.prefix);
    this.#cluster = new Cluster(this.#options);
  }

  /** Entries that are no instances are left out; a watch tells of them. */
  async discover(serviceName: string, options: { signal?: AbortSignal } = {}): Promise<Snapshot> {
    const signal = this.#signalOf(options.signal);
    signal.throwIfAborted();
    const range = this.#keys.service(serviceName);
    const { kvs } = await this.#cluster.call((client, call) => client.kv.range(range, call), { signal });
    const view = new ServiceView({ serviceName, keys: this.#keys, registry: this.#cluster.registry });
    view.replace(kvs);
    return view.snapshot();
  }

  /**
   * A lone change arrives at once, a burst of them as a snapshot every 50 ms. A connection that silently died is noticed
   * within 15 s.
   */
  watch(serviceName: string, { signal, onError }: WatchOptions = {}): AsyncIterableIterator<Snapshot> {
    const end = () => watch.snapshots.end();
    const watch = new ServiceWatch({
      serviceName,
      cluster: this.#cluster,
      keys: this.#keys,
      timing: this.#options,
      onError,
      onEnd: () => {
        this.#watches.delete(watch.snapshots);
        signal?.removeEventListener("abort", end);
      },
    });
    this.#watches.add(watch.snapshots);
    signal?.addEventListener("abort", end);
    if (this.#ended.signal.aborted || signal?.aborted) end();
    else watch.start();
    return watch.snapshots;
  }

  /** The id must have no slash. A `Registration.close()` without etcd rejects after 5 s. */
  async register(instance: ServiceInstance, options: RegisterOptions = {}): Promise<Registration> {
    const { signal, onError, onRecovered } = options;
    const { leaseTtlSeconds, clock, random } = this.#options;
    this.#signalOf(signal).throwIfAborted();
    const { name, id } = requireInstance(instance);
    const entry = { key: this.#keys.instance(name, id), value: Buffer.from(encodeInstance(instance)) };
    const timing = { leaseTtlSeconds, clock, random };
    const cluster = this.#cluster;
    const keeper = new EntryKeeper({ entry, cluster, ...timing });
    const onAbort = () => void registration.end(signal?.reason);
    const registration = new EtcdRegistration({
      instance,
      keeper,
      registry: cluster.registry,
      onError,
      onRecovered,
      onEnd: () => {
        this.#registrations.delete(registration);
        signal?.removeEventListener("abort", onAbort);
      },
      ...timing,
    });
    this.#registrations.add(registration);
    signal?.addEventListener("abort", onAbort);
    try {
      await registration.registered;
    } catch (error) {
      void registration.end(error);
      throw error;
    }
    return registration;
  }

  /**
   * Closes what this object has registered under exactly this id. Without such, deletes the entries with this id, of
   * whatever service, for which it reads all keys below the prefix; a process that still keeps one puts it again.
   */
  async deregister(instanceId: string): Promise<void> {
    const { signal } = this.#ended;
    signal.throwIfAborted();
    const own = [...this.#registrations].filter(({ instance }) => instance.id === instanceId);
    if (own.length > 0) {
      await Promise.all(own.map((registration) => registration.close()));
      return;
    }
    const all = { ...this.#keys.all, keys_only: true };
    const { kvs } = await this.#cluster.call((client, call) => client.kv.range(all, call), { signal });
    for (const { key } of kvs.filter(({ key }) => this.#keys.isOfInstance(key, instanceId))) {
      await this.#cluster.call((client, call) => client.kv.deleteRange({ key }, call), { signal });
    }
  }

  /** Also deregisters what it has registered; a failure of that is told to the `onError` of the registration. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const reason = new Error("EtcdDiscovery is closed: make a new one");
    this.#ended.abort(reason);
    for (const watch of this.#watches) watch.end();
    await Promise.all([...this.#registrations].map((registration) => registration.end(reason)));
    this.#cluster.close();
  }

  #signalOf(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#ended.signal : AbortSignal.any([signal, this.#ended.signal]);
  }
}
