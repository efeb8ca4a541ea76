/**
 * What an iterable of messages may offer beside `next()`: the next message if it is there already; undefined if it has to be
 * waited for, or if `next()` has an end or an error to tell. Not to be called while a `next()` is pending. A fast reader takes
 * all that is ready by this, without a promise each; one that iterates in the usual way sees no difference.
 */
export const takeReady = Symbol("takeReady");

/** Messages of which those that are ready can be taken at once. */
export interface ReadyMessages<T> extends AsyncIterableIterator<T> {
  /** Called as a function of its own. */
  readonly [takeReady]: () => T | undefined;
}

/**
 * How to take what is ready; an iterable that does not offer it never has anything ready. Nor has one that got the offer from
 * another, which it wraps, but gives an iterator of its own: nothing is taken past that.
 */
export function readyTaker<T>(messages: AsyncIterable<T> | ReadyMessages<T>): () => T | undefined {
  const isOffered = takeReady in messages && messages[Symbol.asyncIterator]() === messages;
  return isOffered ? messages[takeReady] : () => undefined;
}

/** The same messages, with another way to take those that are ready. */
export function withReady<T>(messages: AsyncIterable<T>, take: () => T | undefined): ReadyMessages<T> {
  const iterator = messages[Symbol.asyncIterator]();
  const { return: close, throw: fail } = iterator;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => iterator.next(),
    ...(close && { return: (value?: unknown) => close.call(iterator, value) }),
    ...(fail && { throw: (reason?: unknown) => fail.call(iterator, reason) }),
    [takeReady]: take,
  };
}
