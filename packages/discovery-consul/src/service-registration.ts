import { randomUUID } from "node:crypto";
import {
  backoffDelayMs,
  type Clock,
  type RegisterOptions,
  type Registration,
  RegistryError,
  type ServiceInstance,
  sleep,
  tell,
} from "@im-sdk/contracts";
import { heartbeatIntervalMs, type ResolvedCheck, toServiceDefinition } from "./consul-check.ts";
import type { ConsulClient } from "./consul-client.ts";
import { neverArrived } from "./consul-failures.ts";
import { deregisterInTime } from "./deregister-in-time.ts";

export interface ServiceRegistrationOptions extends RegisterOptions {
  readonly client: ConsulClient;
  readonly check: ResolvedCheck;
  readonly clock: Clock;
  readonly random: () => number;
  /** Called once, when nothing of the registration is left to do. */
  readonly onEnd: () => void;
}

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
  readonly #checkId: string;
  #isAnnounced = false;
  /** A request that got no answer may have been heeded. */
  #mayBeThere = false;
  #left: Promise<void> | undefined;

  constructor(instance: ServiceInstance, options: ServiceRegistrationOptions) {
    this.instance = instance;
    this.#options = options;
    this.announced = this.#announced.promise;
    this.#checkId = `service:${instance.id}:${randomUUID()}`;
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
    let delayMs: number | undefined;
    let failures = 0;
    while (!ended.aborted) {
      try {
        if (delayMs !== undefined) await sleep(delayMs, clock, ended);
        await (this.#isAnnounced ? this.#beat() : this.#announce());
        if (failures > 0 && this.#isAnnounced) tell(this.#options.onRecovered);
        failures = 0;
        delayMs = heartbeatIntervalMs(check);
        this.#isAnnounced = true;
        this.#announced.resolve();
      } catch (reason) {
        if (ended.aborted) return;
        const error = reason as Error;
        const mayWork = error instanceof RegistryError && !error.isFinal;
        if (!mayWork && !this.#isAnnounced) {
          this.#stop(error);
          this.#options.onEnd();
          return;
        }
        failures++;
        delayMs = backoffDelayMs(failures, { ...backoff, random });
        tell(onError, error);
      }
    }
  }

  async #announce(): Promise<void> {
    const { client, check } = this.#options;
    const ended = this.#ended.signal;
    try {
      await client.register(this.instance.id, toServiceDefinition(this.instance, check, this.#checkId), ended);
      this.#mayBeThere = true;
    } catch (error) {
      const isRefused = error instanceof RegistryError && (error.isFinal || neverArrived(error));
      this.#mayBeThere ||= !isRefused;
      throw error;
    }
    if (check.kind === "grpc" || (await client.pass(this.#checkId, ended))) return;
    throw new RegistryError(
      "unavailable",
      client.registry,
      `does not know the check that "${this.instance.id}" came with`,
    );
  }

  async #beat(): Promise<void> {
    const { client, check } = this.#options;
    const ended = this.#ended.signal;
    const isThere =
      check.kind === "ttl" ? await client.pass(this.#checkId, ended) : await client.has(this.instance.id, ended);
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
      if (this.#mayBeThere) await deregisterInTime(this.instance.id, this.#options);
    } finally {
      this.#options.onEnd();
    }
  }
}
