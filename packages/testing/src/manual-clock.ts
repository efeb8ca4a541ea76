import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "@im-sdk/contracts";

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to move. Timers run in the order in which they are due, those of the same
 * moment in the order in which they were set. As in Node, a delay below 1 ms counts as 1 ms.
 */
export class ManualClock implements Clock {
  #now: number;
  #advancing = false;
  readonly #timers = new Set<Timer>();

  /** Starts at `startMs` since the Unix epoch, 0 by default. */
  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that are set and have neither run nor been cleared. */
  get pending(): number {
    return this.#timers.size;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const delay = delayMs >= 1 ? Math.min(delayMs, 0x7fffffff) : 1;
    const timer: Timer = { dueAt: this.#now + delay, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as Timer);
  }

  /**
   * Moves on by `ms` and runs every timer that comes due on the way, those too that are set meanwhile. Before and after each
   * of them the process gets a turn, so that promises and immediates settle. Rejects with what a timer throws, the clock
   * then standing at that timer; throws when another `advance` has not finished.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0) || ms === Infinity) throw new RangeError(`advance(${ms}): want a finite number of ms, 0 or more`);
    if (this.#advancing) throw new Error("advance() is running already: await it before the next");
    this.#advancing = true;
    try {
      const target = this.#now + ms;
      await nextTurn();
      for (let timer = this.#nextDue(target); timer !== undefined; timer = this.#nextDue(target)) {
        this.#timers.delete(timer);
        this.#now = timer.dueAt;
        timer.callback();
        await nextTurn();
      }
      this.#now = target;
    } finally {
      this.#advancing = false;
    }
  }

  /** Insertion order decides between timers of the same moment, since a Set keeps it. */
  #nextDue(target: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= target && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}
