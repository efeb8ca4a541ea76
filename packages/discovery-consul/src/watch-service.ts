import {
  backoffDelayMs,
  type Clock,
  mergeSnapshot,
  RegistryError,
  type ServiceInstance,
  SnapshotStream,
  sleep,
  tell,
  type WatchOptions,
} from "@im-sdk/contracts";
import type { ConsulClient } from "./consul-client.ts";
import { nextIndex } from "./query-index.ts";
import { readServiceEntries } from "./read-service-entries.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface WatchServiceOptions extends WatchOptions {
  readonly client: ConsulClient;
  readonly serviceName: string;
  readonly clock: Clock;
  readonly random: () => number;
}

type Snapshot = readonly ServiceInstance[];

/** Follows a service by blocking queries, from this call on, until the stream or the signal ends it. */
export function watchService(options: WatchServiceOptions): SnapshotStream<Snapshot> {
  const { signal } = options;
  const ended = new AbortController();
  const stream = new SnapshotStream<Snapshot>({
    onEnd: () => {
      signal?.removeEventListener("abort", end);
      ended.abort();
    },
  });
  const end = () => stream.end();
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) stream.end();
  else void follow(stream, options, ended.signal);
  return stream;
}

/**
 * Bounds the queries of a watch. A change and the one after it are seen at once; an index that never rests, as under a
 * deployment or a flapping check, costs Consul's leader one query a second and watch, and nobody dials anew more often than that.
 */
const queryRate = { burst: 2, intervalMs: 1_000 };

const backoff = { baseMs: 250, maxMs: 5_000 };

async function follow(
  stream: SnapshotStream<Snapshot>,
  options: WatchServiceOptions,
  ended: AbortSignal,
): Promise<void> {
  const { client, serviceName, clock, random, onError } = options;
  const bucket = new TokenBucket({ ...queryRate, clock });
  let told: ReadonlySet<string> = new Set();
  let last: Snapshot | undefined;
  let index = 0n;
  let failures = 0;
  while (!ended.aborted) {
    try {
      if (failures > 0) await sleep(backoffDelayMs(failures, { ...backoff, random }), clock, ended);
      await bucket.take(ended);
      const answer = await client.passing(serviceName, index, ended);
      index = nextIndex(index, answer.index);
      // A server that has gone back may not have caught up yet: the list of the next answer counts.
      if (index === 0n) continue;
      const { instances, faults } = readServiceEntries(answer.entries);
      for (const fault of faults) if (!told.has(fault)) tell(onError, malformed(client.registry, fault));
      told = new Set(faults);
      const snapshot = mergeSnapshot(last ?? [], instances);
      if (snapshot !== last || failures > 0) stream.push(snapshot);
      last = snapshot;
      failures = 0;
    } catch (reason) {
      if (ended.aborted) return;
      if (!(reason instanceof RegistryError)) return stream.fail(reason);
      if (last === undefined && reason.isFinal) return stream.fail(reason);
      failures++;
      // The recovery must be told at once, not when the list next changes.
      index = 0n;
      tell(onError, reason);
    }
  }
}

function malformed(registry: string, fault: string): RegistryError {
  return new RegistryError("data_loss", registry, `has an entry that is no instance, ${fault}`);
}
