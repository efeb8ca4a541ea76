import type { Clock } from "@im-sdk/contracts";

/** Runs something for requests to do so: at once when it has not run for an interval, else once at the end of that. */
export class Pacer {
  readonly #run: () => void;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  #timer: unknown;
  #isRequested = false;

  constructor(run: () => void, intervalMs: number, clock: Clock) {
    this.#run = run;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
  }

  request(): void {
    this.#isRequested = this.#timer !== undefined;
    if (this.#isRequested) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#isRequested) this.request();
    }, this.#intervalMs);
    this.#run();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isRequested = false;
  }
}
