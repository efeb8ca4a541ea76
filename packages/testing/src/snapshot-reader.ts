import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { ServiceInstance } from "@im-sdk/contracts";

type Snapshot = readonly ServiceInstance[];

/** Reads a watch step by step, and gives up with a telling error when nothing comes for too long. */
export class SnapshotReader {
  readonly #iterator: AsyncIterator<Snapshot>;
  readonly #timeoutMs: number;

  constructor(watch: AsyncIterable<Snapshot>, timeoutMs: number) {
    this.#iterator = watch[Symbol.asyncIterator]();
    this.#timeoutMs = timeoutMs;
  }

  /** The next snapshot; `undefined` when the watch has ended. */
  next(): Promise<Snapshot | undefined> {
    return this.#read("a snapshot or the end of the watch");
  }

  /** Reads on until a snapshot is as wanted; fails when the watch ends before. */
  async until(isWanted: (snapshot: Snapshot) => boolean, wanted = "the wanted snapshot"): Promise<Snapshot> {
    let last = "nothing";
    for (;;) {
      const snapshot = await this.#read(`${wanted}; the last was ${last}`);
      assert.ok(snapshot !== undefined, `the watch ended before ${wanted}; the last was ${last}`);
      if (isWanted(snapshot)) return snapshot;
      last = describeSet(snapshot);
    }
  }

  /** Reads on until a snapshot holds exactly these instances, in any order. */
  async untilSame(instances: Snapshot): Promise<void> {
    const wanted = sorted(instances);
    await this.until((snapshot) => isDeepStrictEqual(sorted(snapshot), wanted), describeSet(instances));
  }

  /** Leaves the watch, as `break` in a loop does. */
  async stop(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #read(wanted: string): Promise<Snapshot | undefined> {
    const result = await within(this.#iterator.next(), this.#timeoutMs, wanted);
    return result.done === true ? undefined : result.value;
  }
}

/** What is waited for, or an error that says what did not come in time. */
export async function within<T>(waiting: Promise<T>, timeoutMs: number, wanted: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const guard = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms in vain for ${wanted}`)), timeoutMs);
  try {
    return await Promise.race([waiting, late]);
  } finally {
    clearTimeout(guard);
  }
}

/** Compares two sets of instances, whatever their order. */
export function assertSameSet(actual: Snapshot | undefined, wanted: Snapshot): void {
  assert.ok(actual !== undefined, "the watch ended instead of giving a snapshot");
  assert.deepEqual(sorted(actual), sorted(wanted));
}

function sorted(snapshot: Snapshot): Snapshot {
  return [...snapshot].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function describeSet(snapshot: Snapshot): string {
  return `[${sorted(snapshot)
    .map((instance) => `${instance.id}:${instance.port}`)
    .join(", ")}]`;
}
