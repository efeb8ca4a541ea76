import { mergeSnapshot, RegistryError, type ServiceInstance } from "@im-sdk/contracts";
import type { IEvent, IKeyValue } from "etcd3";
import { decodeInstance } from "./instance-codec.ts";
import type { ServiceKeys } from "./service-keys.ts";

export interface ServiceViewOptions {
  readonly serviceName: string;
  readonly keys: ServiceKeys;
  /** Such as `etcd at localhost:2379`. */
  readonly registry: string;
  /** Told of an entry that is no instance: once, until its content changes. */
  readonly onMalformed?: (error: RegistryError) => void;
  /** Told after changes. */
  readonly onChange?: () => void;
}

/** What is known of one service: its entries by key, as read and as changed since. */
export class ServiceView {
  readonly #options: ServiceViewOptions;
  #instances = new Map<string, ServiceInstance>();
  /** Content of the entries that are no instances, by key. */
  #malformed = new Map<string, string>();
  #last: readonly ServiceInstance[] = [];

  constructor(options: ServiceViewOptions) {
    this.#options = options;
  }

  /** Unchanged instances are the objects of the snapshot before; with no change at all, it is that snapshot. */
  snapshot(): readonly ServiceInstance[] {
    this.#last = mergeSnapshot(this.#last, [...this.#instances.values()]);
    return this.#last;
  }

  /** Takes these entries for all that there are. */
  replace(entries: readonly IKeyValue[]): void {
    const known = this.#malformed;
    this.#instances = new Map();
    this.#malformed = new Map();
    for (const entry of entries) this.#put(entry, known);
  }

  apply(events: readonly IEvent[]): void {
    for (const { type, kv } of events) {
      if (type === "Put") this.#put(kv, this.#malformed);
      else this.#delete(kv.key.toString());
    }
    if (events.length > 0) this.#options.onChange?.();
  }

  #put(entry: IKeyValue, known: ReadonlyMap<string, string>): void {
    const { serviceName, keys, registry, onMalformed } = this.#options;
    const id = keys.idOf(serviceName, entry.key);
    if (id === undefined) return;
    const [key, value] = [entry.key.toString(), entry.value.toString()];
    try {
      this.#instances.set(key, decodeInstance(serviceName, id, value));
      this.#malformed.delete(key);
    } catch (cause) {
      const isNews = known.get(key) !== value;
      this.#instances.delete(key);
      this.#malformed.set(key, value);
      if (!isNews) return;
      const why = cause instanceof Error ? cause.message : String(cause);
      onMalformed?.(new RegistryError("data_loss", registry, `the entry "${key}" is skipped: ${why}`, { cause }));
    }
  }

  #delete(key: string): void {
    this.#instances.delete(key);
    this.#malformed.delete(key);
  }
}
