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
   * Resolves when the registry has the server, or when the first try has failed: the server then serves, and further tries
   * are made behind. Rejects with what the registry refuses for good.
   */
  static async make(
    { registry, instanceAt }: ResolvedRegistration,
    port: number,
    { logger, clock }: { logger: Logger; clock: Clock },
  ): Promise<Announcement> {
    const failedOnce = Promise.withResolvers<void>();
    const announcement: Announcement = new Announcement(logger, clock, (signal) =>
      registry.register(instanceAt(port), {
        signal,
        onError(error) {
          announcement.#onAway(error);
          failedOnce.resolve();
        },
        onRecovered: () => announcement.#onBack(),
      }),
    );
    await Promise.race([announcement.#registering, failedOnce.promise]);
    // From now on nobody waits for it.
    announcement.#registering.catch((error: unknown) => {
      if (!announcement.#given.signal.aborted) logger.error("the registry refuses this server", { error });
    });
    return announcement;
  }

  private constructor(logger: Logger, clock: Clock, register: (signal: AbortSignal) => Promise<Registration>) {
    this.#logger = logger;
    this.#clock = clock;
    this.#registering = register(this.#given.signal).then((registration) => {
      this.#registered = registration;
      this.#onBack();
      return registration;
    });
    this.#registering.catch(() => {});
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
