import {
  backoffDelayMs,
  type Clock,
  type Registration,
  RegistryError,
  type ServiceInstance,
  sleep,
  tell,
} from "@im-sdk/contracts";
import type { EntryKeeper } from "./entry-keeper.ts";
import { retryDelays } from "./retry-delays.ts";

export interface EtcdRegistrationOptions {
  readonly instance: ServiceInstance;
  readonly keeper: EntryKeeper;
  /** Such as `etcd at localhost:2379`. */
  readonly registry: string;
  readonly leaseTtlSeconds: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: ((error: Error) => void) | undefined;
  readonly onRecovered: (() => void) | undefined;
  /** Called once, when it is over. */
  readonly onEnd: () => void;
}

/** How long closing tries to tell etcd. */
const closeTimeoutMs = 5_000;

/**
 * Keeps an entry every third of its TTL until it is closed, so one that was deleted or overwritten is back within that
 * time.
 */
export class EtcdRegistration implements Registration {
  readonly #options: EtcdRegistrationOptions;
  readonly #stop = new AbortController();
  readonly #registered = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #isRegistered = false;
  #closed: Promise<void> | undefined;
  #closedQuietly: Promise<void> | undefined;

  /** Begins at once. */
  constructor(options: EtcdRegistrationOptions) {
    this.#options = options;
    this.#running = this.#run(this.#stop.signal);
  }

  get instance(): ServiceInstance {
    return this.#options.instance;
  }

  /** Resolves once etcd has the entry; rejects when it refuses for good, or with the reason why it ended before. */
  get registered(): Promise<void> {
    return this.#registered.promise;
  }

  /** Rejects with a RegistryError when etcd could not be told within 5 s; the entry then goes when its lease ends. */
  close(): Promise<void> {
    return this.#end(new Error(`the registration of "${this.instance.id}" was closed`));
  }

  /** As {@link close}, for whoever cannot catch: `onError` is told of a failure. `reason` is for whoever still waits. */
  end(reason: unknown): Promise<void> {
    this.#closedQuietly ??= this.#end(reason).catch((error) => tell(this.#options.onError, error));
    return this.#closedQuietly;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { keeper, leaseTtlSeconds, clock, random, onError, onRecovered } = this.#options;
    // With a short lease, a long pause would cost it.
    const delays = { ...retryDelays, maxMs: Math.min(retryDelays.maxMs, (leaseTtlSeconds * 1_000) / 3), random };
    for (let failures = 0; !signal.aborted; ) {
      let delayMs: number;
      try {
        delayMs = await keeper.keep(signal);
        if (failures > 0 && this.#isRegistered) tell(onRecovered);
        failures = 0;
        this.#isRegistered = true;
        this.#registered.resolve();
      } catch (error) {
        if (signal.aborted) return;
        const isFinal = !(error instanceof RegistryError) || error.isFinal;
        if (isFinal && !this.#isRegistered) return this.#registered.reject(error);
        tell(onError, error as Error);
        delayMs = backoffDelayMs(++failures, delays);
      }
      // Nothing but an abort ends it early, and that ends the loop.
      await sleep(delayMs, clock, signal).catch(() => {});
    }
  }

  #end(reason: unknown): Promise<void> {
    this.#stop.abort();
    this.#registered.reject(reason);
    this.#closed ??= this.#remove();
    return this.#closed;
  }

  async #remove(): Promise<void> {
    const { keeper, registry, leaseTtlSeconds, clock, onEnd } = this.#options;
    const limit = new AbortController();
    const timer = clock.setTimeout(() => limit.abort(), closeTimeoutMs);
    try {
      await this.#running;
      await keeper.remove(limit.signal);
    } catch (cause) {
      if (!limit.signal.aborted) throw cause;
      const message =
        `could not be told within ${closeTimeoutMs / 1_000} s that "${this.instance.id}" is gone: ` +
        `its entry goes when its lease ends, ${leaseTtlSeconds} s after the last renewal`;
      throw new RegistryError("unavailable", registry, message, { cause });
    } finally {
      clock.clearTimeout(timer);
      onEnd();
    }
  }
}
