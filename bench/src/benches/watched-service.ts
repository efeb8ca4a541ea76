import type { ServiceDiscovery, ServiceInstance } from "@im-sdk/core";

/** The snapshots of one watch, as they come. */
export class WatchedService {
  readonly name: string;
  #list: readonly ServiceInstance[] = [];
  readonly #waiting = new Set<() => void>();

  /** Resolves with the first snapshot. */
  static async open(discovery: ServiceDiscovery, name: string): Promise<WatchedService> {
    const service = new WatchedService(name);
    const first = Promise.withResolvers<void>();
    void (async () => {
      for await (const list of discovery.watch(name)) {
        service.#list = list;
        first.resolve();
        for (const look of service.#waiting) look();
      }
    })().catch(first.reject);
    await first.promise;
    return service;
  }

  constructor(name: string) {
    this.name = name;
  }

  /** Resolves with the time at which the list was first as wanted. */
  until(isWanted: (list: readonly ServiceInstance[]) => boolean): Promise<number> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isWanted(this.#list)) return;
        this.#waiting.delete(look);
        resolve(performance.now());
      };
      this.#waiting.add(look);
      look();
    });
  }
}
