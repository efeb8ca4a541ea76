import { EnvelopeJoiner } from "./envelope-joiner.ts";

/** Somebody who has something to write. */
export interface Flushable {
  flush(): void;
}

/**
 * Collects who has something to write, and lets all of them write at the end of this turn of the event loop: when everything
 * that has been received on whichever connection is handled. So the busier the loop is, the more goes into one write.
 */
export class FlushTurn {
  /** For what is written in one turn. */
  readonly joiner: EnvelopeJoiner = new EnvelopeJoiner();
  #waiting: Flushable[] = [];

  /** `flush` is called once for each call of this, and may not throw. */
  add(flushable: Flushable): void {
    if (this.#waiting.push(flushable) === 1) setImmediate(() => this.#run());
  }

  #run(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
    this.joiner.forget();
  }
}
