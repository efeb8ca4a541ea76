import type { Registration } from "@im-sdk/contracts";
import type { Logger } from "../logger.ts";
import type { ResolvedRegistration } from "./registration-options.ts";

/** A server's entry in a registry, from when it listens until it goes away. */
export class Announcement {
  readonly #registering: Promise<Registration>;
  readonly #given = new AbortController();
  readonly #logger: Logger;
  #isRegistered = false;
  #closed: Promise<void> | undefined;

  /**
   * Resolves when the registry has the server, or when the first try has failed: the server then serves, and further tries
   * are made behind. Rejects with what the registry refuses for good.
   */
  static async make(
    { registry, instanceAt }: ResolvedRegistration,
    port: number,
    logger: Logger,
  ): Promise<Announcement> {
    const failedOnce = Promise.withResolvers<void>();
    const instance = instanceAt(port);
    const announcement = new Announcement(logger, (signal) =>
      registry.register(instance, {
        signal,
        onError(error) {
          logger.warn("the registry cannot be told of this server; trying again", { instance: instance.id, error });
          failedOnce.resolve();
        },
      }),
    );
    await Promise.race([announcement.#registering, failedOnce.promise]);
    return announcement;
  }

  private constructor(logger: Logger, register: (signal: AbortSignal) => Promise<Registration>) {
    this.#logger = logger;
    this.#registering = register(this.#given.signal);
    this.#registering.then(
      ({ instance: { id, name, address, port } }) => {
        this.#isRegistered = true;
        logger.info("registered", { instance: id, service: name, address, port });
      },
      (error: unknown) => {
        if (!this.#given.signal.aborted) logger.error("the registry refuses this server", { error });
      },
    );
  }

  /** Takes the entry back. A registry that cannot be told is logged: it drops the entry by itself after a while. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const isRegistered = this.#isRegistered;
    this.#given.abort(new Error("the server goes away"));
    try {
      const registration = await this.#registering;
      await registration.close();
    } catch (error) {
      if (isRegistered) this.#logger.warn("the registry could not be told that this server goes away", { error });
    }
  }
}
