/** Takes frames from an `OutgoingQueue` by hand, many at a time. */
export interface QueueReader {
  /** There is something to take, or the end has come. Told each time: it must be cheap. */
  ready(): void;
  /** A bound is reached: takes at once what it can. */
  relieve(): void;
}
