import { EventEmitter, getEventListeners } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { queryObjects } from "node:v8";

/** What a process holds at a quiet moment, each by kind. */
export interface Holdings {
  /** Handles and timers that keep the process alive. */
  readonly resources: Record<string, number>;
  /** Emitters and event targets that somebody has listened to, and promises. */
  readonly objects: Record<string, number>;
  /** Listeners of those, by class and event. */
  readonly listeners: Record<string, number>;
  readonly heapBytes: number;
}

/** Counts what a process holds; to be made before anything that is to be counted. Needs `--expose-gc`. */
export class HoldingsCounter {
  readonly #emitters = new LivingSet<EventEmitter>();
  readonly #targets = new LivingSet<EventTarget>();

  constructor() {
    const emitters = this.#emitters;
    const targets = this.#targets;
    const { addListener, once } = EventEmitter.prototype;
    const { addEventListener } = EventTarget.prototype;
    function watched(method: typeof addListener): typeof addListener {
      return function (this: EventEmitter, ...args) {
        emitters.add(this);
        return method.apply(this, args);
      };
    }
    Object.assign(EventEmitter.prototype, {
      addListener: watched(addListener),
      on: watched(addListener),
      once: watched(once),
    });
    EventTarget.prototype.addEventListener = function (...args: Parameters<typeof addEventListener>) {
      targets.add(this);
      return addEventListener.apply(this, args);
    };
  }

  async count(): Promise<Holdings> {
    await collectGarbage();
    const resources: Record<string, number> = {};
    for (const name of process.getActiveResourcesInfo()) add(resources, name, 1);
    const objects: Record<string, number> = { Promise: queryObjects(Promise, { format: "count" }) };
    const listeners: Record<string, number> = {};
    for (const emitter of this.#emitters.living()) {
      const kind = emitter.constructor.name;
      add(objects, kind, 1);
      for (const name of emitter.eventNames()) add(listeners, `${kind} ${String(name)}`, emitter.listenerCount(name));
    }
    for (const target of this.#targets.living()) {
      add(objects, target.constructor.name, 1);
      add(listeners, `${target.constructor.name} abort`, getEventListeners(target, "abort").length);
    }
    globalThis.gc?.();
    return { resources, objects, listeners, heapBytes: process.memoryUsage().heapUsed };
  }
}

/** Objects that it does not keep alive. */
class LivingSet<T extends object> {
  readonly #known = new WeakSet<T>();
  #refs: WeakRef<T>[] = [];

  add(object: T): void {
    if (this.#known.has(object)) return;
    this.#known.add(object);
    this.#refs.push(new WeakRef(object));
  }

  living(): T[] {
    this.#refs = this.#refs.filter((ref) => ref.deref() !== undefined);
    return this.#refs.flatMap((ref) => ref.deref() ?? []);
  }
}

function add(counts: Record<string, number>, name: string, more: number): void {
  counts[name] = (counts[name] ?? 0) + more;
}

/** What finalizers and callbacks under way still hold is garbage only some turns later. */
async function collectGarbage(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await nextTurn();
    globalThis.gc?.();
  }
}
