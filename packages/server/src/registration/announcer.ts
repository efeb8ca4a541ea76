import type { Clock } from "@im-sdk/contracts";
import type { ServingState } from "../health/serving-state.ts";
import type { Logger } from "../logger.ts";
import { Announcement } from "./announcement.ts";
import type { ResolvedRegistration } from "./registration-options.ts";

/** How long the registry may take to forget a server whose storage is away. */
const withdrawMs = 2_000;

/** What an {@link Announcer} needs of the server. */
export interface AnnouncerOptions {
  readonly serving: ServingState;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Keeps a server in its registry while what it needs is there, until it goes away. */
export class Announcer {
  readonly #announce: () => Announcement;
  readonly #serving: ServingState;
  readonly #logger: Logger;
  readonly #unwatch: () => void;
  #current: Announcement | undefined;
  #withdrawn: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /**
   * Resolves when the registry has the server, when the first try has failed, or when the storage is away: the server then
   * serves, or waits, and the rest happens behind. Rejects with what the registry refuses for good.
   */
  static async start(registration: ResolvedRegistration, port: number, options: AnnouncerOptions): Promise<Announcer> {
    const announcer = new Announcer(() => new Announcement(registration, port, options), options);
    try {
      await announcer.#current?.tried;
    } catch (error) {
      announcer.#unwatch();
      throw error;
    }
    return announcer;
  }

  private constructor(announce: () => Announcement, { serving, logger }: AnnouncerOptions) {
    this.#announce = announce;
    this.#serving = serving;
    this.#logger = logger;
    if (serving.isAvailable) this.#current = announce();
    this.#unwatch = serving.watch(() => this.#follow());
  }

  /** Takes the entry back, within a time that does not depend on the registry. */
  close(timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#unwatch();
    await this.#current?.close(timeoutMs);
    await this.#withdrawn;
  }

  #follow(): void {
    if (this.#serving.isStopped) return;
    if (this.#serving.isAvailable) void this.#withdrawn.then(() => this.#return());
    else if (this.#current !== undefined) {
      this.#withdrawn = this.#current.close(withdrawMs);
      this.#current = undefined;
    }
  }

  /** Only after the entry was taken back, else that would take the new one. */
  #return(): void {
    if (this.#closed !== undefined || this.#serving.isStopped || !this.#serving.isAvailable) return;
    if (this.#current !== undefined) return;
    this.#current = this.#announce();
    this.#current.tried.catch((error: unknown) => this.#logger.error("the registry refuses this server", { error }));
  }
}
