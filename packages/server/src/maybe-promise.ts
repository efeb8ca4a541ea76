/** A value at hand, or one that comes later: memory answers at once, a store behind the network does not. */
export type MaybePromise<T> = T | Promise<T>;

/** Tells the two apart without a microtask, so that the way of a message through memory stays synchronous. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}
