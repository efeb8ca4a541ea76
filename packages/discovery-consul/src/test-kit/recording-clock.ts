import type { Clock } from "@im-sdk/contracts";
import { ManualClock } from "@im-sdk/testing";

/** A clock moved by hand that keeps the delays it was asked for. */
export class RecordingClock implements Clock {
  readonly delays: number[] = [];
  readonly #clock = new ManualClock();

  now(): number {
    return this.#clock.now();
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    this.delays.push(Math.round(delayMs));
    return this.#clock.setTimeout(callback, delayMs);
  }

  clearTimeout(handle: unknown): void {
    this.#clock.clearTimeout(handle);
  }

  /** Lets the delay that was asked for last pass, and those that follow, until one of `delayMs` is asked for. */
  async advanceUntilAskedFor(delayMs: number): Promise<void> {
    do await this.#clock.advance((this.delays.at(-1) ?? 0) + 1);
    while (this.delays.at(-1) !== delayMs);
  }
}
