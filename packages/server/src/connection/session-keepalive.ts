import type { ServerHttp2Session } from "node:http2";
import type { Clock } from "@im-sdk/contracts";

/** The part of an HTTP/2 session that a {@link SessionKeepalive} needs. */
export type PingableSession = Pick<ServerHttp2Session, "ping" | "destroy" | "destroyed">;

/**
 * Finds out about clients that went away without a word: pings the session (RFC 9113, 6.7), and destroys it when a ping is
 * not answered before the next is due.
 */
export class SessionKeepalive {
  readonly #session: PingableSession;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #timer: unknown;
  #answered = true;

  constructor(session: PingableSession, clock: Clock, intervalMs: number) {
    this.#session = session;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#arm();
  }

  close(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => this.#tick(), this.#intervalMs);
  }

  #tick(): void {
    if (this.#session.destroyed) return;
    if (!this.#answered) {
      this.#session.destroy();
      return;
    }
    this.#answered = false;
    this.#session.ping((error) => {
      if (error === null) this.#answered = true;
    });
    this.#arm();
  }
}
