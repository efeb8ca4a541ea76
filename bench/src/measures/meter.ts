/** So long at the least, and so many at the least. */
export interface Span {
  readonly ms: number;
  readonly count: number;
}

export interface MeterSpans {
  /** What comes first and does not count. */
  readonly warmUp: Span;
  readonly measured: Span;
}

/** Tells how many a second come, once it is warm; whoever makes it starts the clock. */
export class Meter {
  readonly #spans: MeterSpans;
  readonly #rate = Promise.withResolvers<number>();
  #span: Span;
  #startMs = performance.now();
  #count = 0;
  /** The clock costs as much as a fast peer's message: it is looked at whenever there are a sixty-fourth more. */
  #nextLook = 0;
  #isDone = false;

  constructor(spans: MeterSpans) {
    this.#spans = spans;
    this.#span = spans.warmUp;
  }

  /** Per second. */
  get rate(): Promise<number> {
    return this.#rate.promise;
  }

  /** Enough has come. */
  get isDone(): boolean {
    return this.#isDone;
  }

  add(count: number): void {
    this.#count += count;
    if (this.#count < this.#span.count || this.#count < this.#nextLook || this.#isDone) return;
    this.#nextLook = this.#count + (this.#count >> 6);
    const nowMs = performance.now();
    const tookMs = nowMs - this.#startMs;
    if (tookMs < this.#span.ms) return;
    if (this.#span === this.#spans.warmUp) {
      this.#span = this.#spans.measured;
      this.#startMs = nowMs;
      this.#count = 0;
      this.#nextLook = 0;
      return;
    }
    this.#isDone = true;
    this.#rate.resolve((this.#count / tookMs) * 1_000);
  }
}
