import type { Clock, Registration } from "@im-sdk/contracts";
import type { Logger } from "../logger.ts";
import type { ResolvedRegistration } from "./registration-options.ts";

/** A server's entry in a registry, from when it listens until it goes away. */
export class Announcement {
  readonly #registering: Promise<Registration>;
  readonly #given = new AbortController();
  readonly #logger: Logger;
  readonly #clock: Clock;
  #registered: Registration | undefined;
  #isAway = false;
  #closed: Promise<void> | undefined;

  /**
   * Resolves when the registry has the server, or when the first try has failed: further tries are made behind. Rejects with
   * what the registry refuses for good.
   */
  readonly tried: Promise<void>;

  /** Begins to announce a server that listens on this port. */
  constructor(
    { registry, instanceAt }: ResolvedRegistration,
    port: number,
    { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
  ) {
    this.#logger = logger;
    this.#clock = clock;
    const failedOnce = Promise.withResolvers<void>();
    const registering = registry.register(instanceAt(port), {
      signal: this.#given.signal,
      onError: (error) => {
        this.#onAway(error);
        failedOnce.resolve();
      },
      onRecovered: () => this.#onBack(),
    });
    this.#registering = registering.then((registration) => {
      this.#registered = registration;
      this.#onBack();
      return registration;
    });
    this.tried = Promise.race([this.#registering.then(() => {}), failedOnce.promise]);
    this.tried.catch(() => {});
    this.#registering.catch((error: unknown) => this.#onRefused(error));
  }

  /**
   * Takes the entry back, within a time that does not depend on the registry. One that cannot be told is logged: it drops the
   * entry by itself after a while.
   */
  close(timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<void> {
    const leaving = this.#leave();
    const late = Promise.withResolvers<never>();
    const timer = this.#clock.setTimeout(
      () => late.reject(new Error(`it has not answered within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      await Promise.race([leaving, late.promise]);
    } catch (error) {
      leaving.catch(() => {});
      this.#logger.warn("the registry could not be told that this server goes away", { error });
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  async #leave(): Promise<void> {
    if (this.#registered !== undefined) return this.#registered.close();
    this.#given.abort(new Error("the server goes away"));
    // It may have been too late for that; a rejection is what was asked for.
    await this.#registering.then(
      (registration) => registration.close(),
      () => {},
    );
  }

  #onRefused(error: unknown): void {
    // The first try is answered by `tried`.
    if (this.#isAway && !this.#given.signal.aborted) this.#logger.error("the registry refuses this server", { error });
  }

  #onAway(error: Error): void {
    if (this.#closed !== undefined) return;
    const message = this.#isAway
      ? "the registry still cannot be told of this server"
      : "the registry cannot be told of this server; trying again until it can";
    // One line for an outage is enough for a person.
    this.#logger[this.#isAway ? "debug" : "warn"](message, { error });
    this.#isAway = true;
  }

  #onBack(): void {
    this.#isAway = false;
    if (this.#registered === undefined) return;
    const { id, name, address, port } = this.#registered.instance;
    this.#logger.info("registered", { instance: id, service: name, address, port });
  }
}
