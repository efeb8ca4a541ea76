import type { Clock, ServiceInstance } from "@im-sdk/contracts";
import type { Link } from "./link.ts";

export interface DepartureOptions {
  /** How long an instance may be gone before it is left; up to half as much is added at random. Infinity: for good. */
  afterMs: number;
  /** The stream in use. */
  link(): Link | undefined;
  /** The discovery lists the instance, and not as unhealthy. */
  isListed(instance: ServiceInstance): boolean;
  /** There is somewhere to go, and the list can be trusted. */
  canLeave(link: Link): boolean;
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
  /** The stream that is to be left. */
  #leaving: Link | undefined;
  #timer: unknown;

  constructor(options: DepartureOptions) {
    this.#options = options;
  }

  /** To be called when the stream or the list has changed. */
  check(): void {
    const { link, isListed } = this.#options;
    const current = link();
    const leaving = current?.instance === undefined || isListed(current.instance) ? undefined : current;
    if (leaving === this.#leaving) return;
    this.cancel();
    this.#leaving = leaving;
    if (leaving !== undefined) this.#wait(leaving);
  }

  /** Stays, until the next check. */
  cancel(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#leaving = undefined;
  }

  #wait(link: Link): void {
    const { afterMs, clock, random } = this.#options;
    if (afterMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.setTimeout(() => void this.#leave(link), afterMs * (1 + random() / 2));
  }

  async #leave(link: Link): Promise<void> {
    if (this.#options.canLeave(link)) await this.#options.leave(link);
    if (this.#leaving === link) this.#wait(link);
  }
}
