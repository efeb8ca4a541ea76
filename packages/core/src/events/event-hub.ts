import { invalidArgument } from "../check-argument.ts";
import { ImError } from "../im-error.ts";

/** A listener may return a promise; what it rejects with is reported like what it throws. */
export type Listener<T> = (payload: T) => unknown;

/**
 * Typed listeners. One that throws or rejects is reported as an `error` event and never disturbs the others. An error
 * that nobody listens for, or that an `error` listener throws, becomes a process warning: it is never lost.
 */
export class EventHub<Events extends { error: ImError }> {
  /** By the listener that was given, what is called: the listener itself, or for `once` a wrapper. */
  readonly #listeners = new Map<keyof Events, Map<Listener<never>, Listener<never>>>();
  readonly #observers = new Map<keyof Events, Listener<never>[]>();
  /** Those to be called for an event: a list of its own while it is being gone through. */
  readonly #called = new Map<keyof Events, readonly Listener<never>[]>();

  /** A listener stands once for an event, however often it is added. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    requireFunction(name, listener);
    this.#changing(name).set(listener, listener);
  }

  /** Removed before its first call. A listener that stands already stays as it is. */
  once<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    requireFunction(name, listener);
    const listeners = this.#changing(name);
    const wrapper: Listener<Events[Name]> = (payload) => {
      if (listeners.get(listener) !== wrapper) return undefined;
      this.off(name, listener);
      return listener(payload);
    };
    if (!listeners.has(listener)) listeners.set(listener, wrapper);
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    this.#changing(name).delete(listener);
  }

  /** Calls for every event of a name before any listener, and is none: an `error` that only observers know of is still a warning. */
  observe<Name extends keyof Events>(name: Name, observer: Listener<Events[Name]>): void {
    this.#called.delete(name);
    this.#observers.set(name, [...(this.#observers.get(name) ?? []), observer]);
  }

  /** Somebody listens. */
  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Calls every listener; a promise when at least one of them gave one, settled when all of those are. */
  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): Promise<void> | undefined {
    const listeners = this.#calledFor(name);
    if (name === "error" && !this.has(name)) warnOf(payload as ImError, ' (listen for "error" to handle this)');
    let pending: Promise<void>[] | undefined;
    for (const listener of listeners as readonly Listener<Events[Name]>[]) {
      try {
        const result = listener(payload);
        if (!isThenable(result)) continue;
        pending ??= [];
        pending.push(
          Promise.resolve(result).then(undefined, (reason: unknown) =>
            this.#report(name, payload, reason),
          ) as Promise<void>,
        );
      } catch (reason) {
        this.#report(name, payload, reason);
      }
    }
    return pending === undefined ? undefined : Promise.all(pending).then(() => undefined);
  }

  #calledFor(name: keyof Events): readonly Listener<never>[] {
    let called = this.#called.get(name);
    if (called === undefined) {
      called = [...(this.#observers.get(name) ?? []), ...(this.#listeners.get(name)?.values() ?? [])];
      this.#called.set(name, called);
    }
    return called;
  }

  /** The listeners of an event, which are about to be changed. */
  #changing(name: keyof Events): Map<Listener<never>, Listener<never>> {
    this.#called.delete(name);
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Map();
      this.#listeners.set(name, listeners);
    }
    return listeners;
  }

  #report<Name extends keyof Events>(name: Name, payload: Events[Name], reason: unknown): void {
    const why = reason instanceof Error ? reason.message : String(reason);
    const failed = `a listener of "${String(name)}" failed: ${why}`;
    const failure = (message: string) => new ImError("internal", message, { cause: reason });
    if (name === "error") warnOf(failure(`${failed}; it was told: ${(payload as ImError).message}`));
    else void this.emit("error", failure(failed) as Events["error"]);
  }
}

function requireFunction(name: PropertyKey, listener: unknown): void {
  if (typeof listener !== "function")
    throw invalidArgument(`the listener of "${String(name)}"`, listener, "a function");
}

function warnOf({ message, code }: ImError, advice = ""): void {
  process.emitWarning(`${message}${advice}`, { type: "ImError", code });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
