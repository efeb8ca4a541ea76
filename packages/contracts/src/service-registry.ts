import type { ServiceInstance } from "./service-instance.ts";

/** How a registration is kept. */
export interface RegisterOptions {
  /** Deregisters when it aborts. */
  readonly signal?: AbortSignal;
  /** Told of every try that failed and will be made again, while registering as well as later. */
  readonly onError?: (error: Error) => void;
  /** Told when the registry has the instance again after tries that failed. */
  readonly onRecovered?: () => void;
}

/** A registration that is kept alive until it is closed. */
export interface Registration extends AsyncDisposable {
  readonly instance: ServiceInstance;
  /** Stops keeping alive and deregisters; rejects when the registry could not be told. May be called more than once. */
  close(): Promise<void>;
}

/** Where a server announces itself. */
export interface ServiceRegistry {
  /**
   * Announces the instance and keeps the announcement alive, through restarts of the registry, until it is closed or the
   * signal aborts. Resolves once the registry has it, however long that takes; rejects when the signal aborts before, the
   * instance cannot be, or the registry refuses for good, as with a wrong token.
   */
  register(instance: ServiceInstance, options?: RegisterOptions): Promise<Registration>;

  /** Removes an instance by its id; an id that is not there is no error. */
  deregister(instanceId: string): Promise<void>;
}
