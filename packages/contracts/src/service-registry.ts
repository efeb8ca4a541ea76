import type { ServiceInstance } from "./service-instance.ts";

/** How a registration is kept. */
export interface RegisterOptions {
  /** Deregisters when it aborts. */
  signal?: AbortSignal;
}

/** A registration that is kept alive until it is closed. */
export interface Registration extends AsyncDisposable {
  readonly instance: ServiceInstance;
  /** Deregisters and stops keeping alive. */
  close(): Promise<void>;
}

/** Where a server announces itself. */
export interface ServiceRegistry {
  /**
   * Announces the instance and keeps the announcement alive, through restarts of the registry, until it is closed or the
   * signal aborts. Resolves once the registry has it.
   */
  register(instance: ServiceInstance, options?: RegisterOptions): Promise<Registration>;

  /** Removes an instance by its id; an id that is not there is no error. */
  deregister(instanceId: string): Promise<void>;
}
