import { backoffDelayMs, type Clock, sleep } from "@im-sdk/contracts";
import { ImError } from "../im-error.ts";
import { type ConnectOnceContext, finalCodes } from "./connect-once.ts";
import type { Link } from "./link.ts";

/** A try to come back, told before its delay. */
export interface ReconnectAttempt {
  /** Counted from 1 since the last connection that lasted. */
  readonly attempt: number;
  readonly delayMs: number;
  /** Why the connection is gone, or why the try before failed. */
  readonly error: ImError;
}

export interface DialerOptions {
  connectOnce(context: ConnectOnceContext): Promise<Link>;
  /** The ids to leave out in order to get to another place than this link's; undefined when no other is known. */
  elsewhere(link: Link): string[] | undefined;
  /** Forgets the token that was refused; true when another one may be had. */
  renewToken(): boolean;
  connectTimeoutMs: number;
  maxRetries: number;
  retryIntervalMs: number;
  clock: Clock;
  random: () => number;
  onReconnecting(attempt: ReconnectAttempt): void;
}

/** A connection that is gone. */
export interface LostLink {
  link: Link;
  error: ImError;
  /** How long it was up. */
  lastedMs: number;
}

/** No delay between tries is longer, unless `retryIntervalMs` itself is; what the server asks for comes on top. */
const maxBackoffMs = 60_000;

/**
 * Dials until a link is up: rounds of `connectOnce` with backoff between them. Counts the failures in a row, and starts
 * over after a connection that lasted for `retryIntervalMs`. Final errors end it, and so does failure `maxRetries + 1`.
 */
export class Dialer {
  readonly #options: DialerOptions;
  #failures = 0;
  /** One other token is asked for, until a connection has lasted. */
  #hasRenewedToken = false;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** The first connection, within a deadline. Gives up early when the next try would come after it. */
  connect(deadlineMs: number, signal: AbortSignal): Promise<Link> {
    this.#failures = 0;
    this.#hasRenewedToken = false;
    return this.#dial({ deadlineMs, signal, exclude: [], error: undefined, isDelayed: false, announce: false });
  }

  /**
   * The next connection: at once for the first loss in a row when there is another instance than the lost one's and the
   * server did not ask to wait, after a delay otherwise.
   */
  reconnect({ link, error, lastedMs }: LostLink, signal: AbortSignal): Promise<Link> {
    const hasLasted = lastedMs >= this.#options.retryIntervalMs;
    this.#failures = hasLasted ? 1 : this.#failures + 1;
    if (hasLasted) this.#hasRenewedToken = false;
    const elsewhere = this.#options.elsewhere(link);
    const exclude = elsewhere ?? [];
    const isDelayed = elsewhere === undefined || this.#failures > 1 || error.retryAfterMs !== undefined;
    return this.#dial({ deadlineMs: Number.POSITIVE_INFINITY, signal, exclude, error, isDelayed, announce: true });
  }

  async #dial(start: {
    deadlineMs: number;
    signal: AbortSignal;
    exclude: string[];
    error: ImError | undefined;
    isDelayed: boolean;
    announce: boolean;
  }): Promise<Link> {
    const { clock, connectTimeoutMs, connectOnce, onReconnecting, renewToken } = this.#options;
    const { deadlineMs, signal, announce } = start;
    let { exclude, error, isDelayed } = start;
    const failures = new Map<string, ImError>();

    for (;;) {
      if (error !== undefined && this.#failures > this.#options.maxRetries) throw error;
      if (error?.code === "unauthenticated" && !this.#hasRenewedToken && renewToken()) {
        this.#hasRenewedToken = true;
        isDelayed = false;
      } else if (error !== undefined && finalCodes.has(error.code)) {
        throw error;
      }
      const delayMs = isDelayed && error !== undefined ? this.#delayMs(error) : 0;
      if (clock.now() + delayMs >= deadlineMs) {
        throw error ?? new ImError("unavailable", "the connect timeout passed before a try could be made");
      }
      if (announce && error !== undefined) onReconnecting({ attempt: this.#failures, delayMs, error });
      if (isDelayed) await sleep(delayMs, clock, signal);
      try {
        return await connectOnce({
          exclude,
          timeoutMs: Math.min(connectTimeoutMs, deadlineMs - clock.now()),
          signal,
          failures,
        });
      } catch (reason) {
        if (signal.aborted) throw reason;
        error = ImError.from(reason, "connecting failed");
        this.#failures++;
        exclude = [];
        isDelayed = true;
      }
    }
  }

  #delayMs(error: ImError): number {
    const { retryIntervalMs, random } = this.#options;
    const maxMs = Math.max(maxBackoffMs, retryIntervalMs);
    // On top of what the server asks for, and not instead of it: it may have asked many at once, who must not come at once.
    return (error.retryAfterMs ?? 0) + backoffDelayMs(this.#failures, { baseMs: retryIntervalMs, maxMs, random });
  }
}
