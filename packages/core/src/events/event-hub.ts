import { ImError } from "../im-error.ts";

/** A listener may return a promise; what it rejects with is reported like what it throws. */
export type Listener<T> = (payload: T) => unknown;

/**
 * Typed listeners. One that throws or rejects is reported as an `error` event and never disturbs the others. An error
 * that nobody listens for, or that an `error` listener throws, becomes a process warning: it is never lost.
 */
export class EventHub<Events extends { error: ImError }> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  /** The wrapper under which a once-listener stands, so that `off` finds it. */
  readonly #once = new WeakMap<object, Listener<never>>();

  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, new Set([listener as Listener<never>]));
    else listeners.add(listener as Listener<never>);
  }

  once<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const wrapper: Listener<Events[Name]> = (payload) => {
      this.off(name, wrapper);
      return listener(payload);
    };
    this.#once.set(listener, wrapper as Listener<never>);
    this.on(name, wrapper);
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const listeners = this.#listeners.get(name);
    if (listeners?.delete(listener as Listener<never>)) return;
    const wrapper = this.#once.get(listener);
    if (wrapper !== undefined) listeners?.delete(wrapper);
  }

  /** Calls every listener; a promise when at least one of them gave one, settled when all of those are. */
  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): Promise<void> | undefined {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined || listeners.size === 0) {
      if (name === "error") warn(payload as ImError);
      return undefined;
    }
    let pending: Promise<void>[] | undefined;
    for (const listener of [...listeners] as Listener<Events[Name]>[]) {
      try {
        const result = listener(payload);
        if (!isThenable(result)) continue;
        pending ??= [];
        pending.push(
          Promise.resolve(result).then(undefined, (reason: unknown) => this.#report(name, reason)) as Promise<void>,
        );
      } catch (reason) {
        this.#report(name, reason);
      }
    }
    return pending === undefined ? undefined : Promise.all(pending).then(() => undefined);
  }

  #report(name: keyof Events, reason: unknown): void {
    const why = reason instanceof Error ? reason.message : String(reason);
    const error = new ImError("internal", `a listener of "${String(name)}" failed: ${why}`, { cause: reason });
    if (name === "error") warn(error);
    else void this.emit("error", error as Events["error"]);
  }
}

function warn(error: ImError): void {
  process.emitWarning(`${error.message} (listen for "error" to handle this)`, { type: "ImError", code: error.code });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
