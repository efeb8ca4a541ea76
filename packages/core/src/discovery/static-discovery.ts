import type { ServiceDiscovery, ServiceInstance } from "@im-sdk/contracts";
import { toServiceInstances } from "./service-address.ts";

/** A fixed list of instances as a ServiceDiscovery: `host:port` strings or instances. Every service name gets all of them. */
export class StaticDiscovery implements ServiceDiscovery {
  readonly #services: readonly (string | ServiceInstance)[];
  readonly #closed = new AbortController();

  /** Throws ImError `invalid_argument` for an entry that is no address. */
  constructor(services: readonly (string | ServiceInstance)[]) {
    toServiceInstances(services, "");
    this.#services = [...services];
  }

  async discover(serviceName: string, options: { signal?: AbortSignal } = {}): Promise<readonly ServiceInstance[]> {
    options.signal?.throwIfAborted();
    return toServiceInstances(this.#services, serviceName);
  }

  async *watch(
    serviceName: string,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<readonly ServiceInstance[]> {
    const ends = [this.#closed.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const end = AbortSignal.any(ends);
    if (end.aborted) return;
    yield await this.discover(serviceName);
    if (end.aborted) return;
    await new Promise((resolve) => end.addEventListener("abort", resolve, { once: true }));
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
