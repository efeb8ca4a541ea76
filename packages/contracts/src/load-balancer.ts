import type { ServiceInstance } from "./service-instance.ts";

/** What a pick may depend on. */
export interface PickContext {
  /** Hash key, such as the user id: balancers that hash give the same key the same instance. */
  readonly key?: string;
  /** Ids of instances that this attempt has already tried in vain. */
  readonly exclude?: ReadonlySet<string>;
}

/** Chooses the instance for a connection. */
export interface LoadBalancer {
  /** Replaces the whole set of instances. */
  update(instances: readonly ServiceInstance[]): void;

  /**
   * The instance for the next connection; `undefined` when none is left. An unhealthy instance is given only when there
   * is no other.
   */
  pick(context?: PickContext): ServiceInstance | undefined;

  /**
   * Told by the client what became of a pick: a connection opened, and later was closed, or it failed by a fault that may be the
   * instance's. Of a pick that came to nothing by other faults, such as a refused token, it is not told.
   */
  report?(instance: ServiceInstance, outcome: "opened" | "closed" | "failed"): void;
}
