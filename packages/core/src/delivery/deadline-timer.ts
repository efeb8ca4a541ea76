import type { Clock } from "@im-sdk/contracts";

/** One timer for many deadlines: it rings at the earliest, and the owner says what is then the next. */
export class DeadlineTimer {
  readonly #clock: Clock;
  /** Settles what is due; returns the next deadline, in the clock's milliseconds, or `Infinity`. */
  readonly #onDue: (nowMs: number) => number;
  #timer: unknown;
  #dueAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onDue: (nowMs: number) => number) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  include(deadlineAtMs: number): void {
    if (deadlineAtMs < this.#dueAtMs) this.#arm(deadlineAtMs);
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  #arm(dueAtMs: number): void {
    this.stop();
    if (dueAtMs === Number.POSITIVE_INFINITY) return;
    this.#dueAtMs = dueAtMs;
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#dueAtMs = Number.POSITIVE_INFINITY;
        // What is due may bring new deadlines with it, and those may come first.
        this.include(this.#onDue(this.#clock.now()));
      },
      Math.max(0, dueAtMs - this.#clock.now()),
    );
  }
}
