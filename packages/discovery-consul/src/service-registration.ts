import {
  backoffDelayMs,
  type Clock,
  type RegisterOptions,
  type Registration,
  RegistryError,
  type ServiceInstance,
  sleep,
} from "@im-sdk/contracts";
import { checkIdOf, heartbeatIntervalMs, type ResolvedCheck, toServiceDefinition } from "./consul-check.ts";
import type { ConsulClient } from "./consul-client.ts";
import { neverArrived } from "./consul-failures.ts";
import { tell } from "./tell.ts";

export interface ServiceRegistrationOptions extends RegisterOptions {
  readonly client: ConsulClient;
  readonly check: ResolvedCheck;
  readonly clock: Clock;
  readonly random: () => number;
  /** Called once, when nothing of the registration is left to do. */
  readonly onEnd: () => void;
}

/** How long Consul is tried to be told that an instance leaves. */
const leaveTimeoutMs = 5_000;

const backoff = { baseMs: 250, maxMs: 5_000 };

/**
 * One instance that is kept in Consul. Every heartbeat passes the TTL check, or asks whether the instance is still there where
 * Consul checks by itself; what is missing, since the agent was restarted empty or somebody removed it, is put back.
 */
export class ServiceRegistration implements Registration {
  readonly instance: ServiceInstance;
  /** Settles once: when Consul has the instance, or when it never will. */
  readonly announced: Promise<void>;
  readonly #options: ServiceRegistrationOptions;
  readonly #announced = Promise.withResolvers<void>();
  readonly #ended = new AbortController();
  readonly #kept: Promise<void>;
  #isAnnounced = false;
  /** A request that got no answer may have been heeded. */
  #mayBeThere = false;
  #left: Promise<void> | undefined;

  constructor(instance: ServiceInstance, options: ServiceRegistrationOptions) {
    this.instance = instance;
    this.#options = options;
    this.announced = this.#announced.promise;
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#kept = this.#keep();
  }

  close(): Promise<void> {
    this.#left ??= this.#leave(new Error(`"${this.instance.id}" was closed before Consul had it`));
    return this.#left;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** As {@link close}, for those who cannot be told: an error goes to `onError`. */
  async abandon(reason: unknown): Promise<void> {
    this.#left ??= this.#leave(reason);
    await this.#left.catch((error: Error) => tell(this.#options.onError, error));
  }

  readonly #onAbort = (): void => {
    void this.abandon(this.#options.signal?.reason);
  };

  async #keep(): Promise<void> {
    const { check, clock, random, onError } = this.#options;
    const ended = this.#ended.signal;
    let failures = 0;
    while (!ended.aborted) {
      try {
        await (this.#isAnnounced ? this.#beat() : this.#announce());
        failures = 0;
        this.#isAnnounced = true;
        this.#announced.resolve();
      } catch (reason) {
        if (ended.aborted) return;
        const error = reason as Error;
        if (!this.#isAnnounced && !(error instanceof RegistryError && !error.isFinal)) {
          this.#stop(error);
          this.#options.onEnd();
          return;
        }
        failures++;
        tell(onError, error);
      }
      const delayMs = failures === 0 ? heartbeatIntervalMs(check) : backoffDelayMs(failures, { ...backoff, random });
      await sleep(delayMs, clock, ended).catch(() => undefined);
    }
  }

  async #announce(): Promise<void> {
    const { client, check } = this.#options;
    const ended = this.#ended.signal;
    try {
      await client.register(this.instance.id, toServiceDefinition(this.instance, check), ended);
      this.#mayBeThere = true;
    } catch (error) {
      const isThere = !(error instanceof RegistryError) || !(error.isFinal || neverArrived(error));
      this.#mayBeThere ||= isThere;
      throw error;
    }
    // Starts the TTL anew, and finds out whether the check is there.
    if (check.kind === "ttl") await client.pass(checkIdOf(this.instance), ended);
  }

  async #beat(): Promise<void> {
    const { client, check } = this.#options;
    const ended = this.#ended.signal;
    const isThere =
      check.kind === "ttl"
        ? await client.pass(checkIdOf(this.instance), ended)
        : await client.has(this.instance.id, ended);
    if (!isThere) await this.#announce();
  }

  #stop(reason: unknown): void {
    this.#ended.abort();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#announced.reject(reason);
  }

  async #leave(reason: unknown): Promise<void> {
    this.#stop(reason);
    await this.#kept;
    try {
      if (this.#mayBeThere) await this.#deregister();
    } finally {
      this.#options.onEnd();
    }
  }

  async #deregister(): Promise<void> {
    const { client, clock, random } = this.#options;
    const late = new AbortController();
    const timer = clock.setTimeout(() => late.abort(), leaveTimeoutMs);
    let last: unknown;
    try {
      for (let failures = 1; ; failures++) {
        try {
          return await client.deregister(this.instance.id, late.signal);
        } catch (error) {
          if (late.signal.aborted) throw this.#notToldError(last);
          if (error instanceof RegistryError && error.isFinal) throw error;
          last = error;
        }
        await sleep(backoffDelayMs(failures, { ...backoff, random }), clock, late.signal).catch(() => undefined);
      }
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #notToldError(cause: unknown): RegistryError {
    const { client, check } = this.#options;
    const message = `was not told within ${leaveTimeoutMs} ms that "${this.instance.id}" leaves; it forgets it when its check has failed for ${check.deregisterCriticalAfterMs} ms`;
    return new RegistryError("unavailable", client.registry, message, { cause });
  }
}
