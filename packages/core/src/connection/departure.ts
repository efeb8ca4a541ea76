import type { Clock, ServiceInstance } from "@im-sdk/contracts";
import type { Link } from "./link.ts";

export interface DepartureOptions {
  /** How long an instance may be gone before it is left; up to half as much is added at random. Infinity: for good. */
  afterMs: number;
  /** The stream in use. */
  link(): Link | undefined;
  /** The discovery lists the instance, and not as unhealthy. */
  isListed(instance: ServiceInstance): boolean;
  /** There is somewhere else to go, and the list can be trusted. */
  canLeave(instance: ServiceInstance): boolean;
  /** Opens a stream elsewhere and moves to it; the old one stays when that fails. */
  leave(link: Link): Promise<void>;
  clock: Clock;
  random: () => number;
}

/**
 * Leaves an instance that the discovery no longer lists. It waits a while first, since a registry that was restarted empty
 * gets its instances back one by one, and since the clients of an instance should not all move in the same moment.
 */
export class Departure {
  readonly #options: DepartureOptions;
  /** Another object for each time that there was something to leave. */
  #leaving: Leaving | undefined;
  #timer: unknown;

  constructor(options: DepartureOptions) {
    this.#options = options;
  }

  /** To be called when the stream or the list has changed. */
  check(): void {
    const { isListed } = this.#options;
    const link = this.#options.link();
    const instance = link?.instance;
    if (link === undefined || instance === undefined || isListed(instance)) {
      this.cancel();
      return;
    }
    if (this.#leaving?.link === link) return;
    this.cancel();
    this.#leaving = { link, instance };
    this.#wait(this.#leaving);
  }

  /** Stays, until the next check. */
  cancel(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#leaving = undefined;
  }

  #wait(leaving: Leaving): void {
    const { afterMs, clock, random } = this.#options;
    if (afterMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.setTimeout(() => void this.#leave(leaving), afterMs * (1 + random() / 2));
  }

  async #leave(leaving: Leaving): Promise<void> {
    const { canLeave, leave } = this.#options;
    if (canLeave(leaving.instance)) await leave(leaving.link);
    if (this.#leaving === leaving) this.#wait(leaving);
  }
}

/** The stream that is to be left. */
interface Leaving {
  readonly link: Link;
  readonly instance: ServiceInstance;
}
