import type { Clock, RegistryError } from "@im-sdk/contracts";
import type { IWatchResponse } from "etcd3";
import type { Endpoint } from "./endpoint.ts";
import type { KeyRange } from "./service-keys.ts";
import type { ServiceView } from "./service-view.ts";

/** How long etcd may take to confirm a watch. */
const confirmTimeoutMs = 5_000;

export interface OpenWatchOptions {
  readonly endpoint: Endpoint;
  readonly range: KeyRange;
  /** Gets all that is there, then what changes. */
  readonly view: ServiceView;
  readonly clock: Clock;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Reads a range and watches it from the next revision on. Resolves when etcd has confirmed the watch, with a promise of the
 * error that ends it. Nothing is taken up where another watch ended: it may be compacted, or belong to an etcd that has lost
 * its data since.
 *
 * This is etcd3's raw stream. Its own watcher waits for ever for an etcd that is down, and when it resumes, the confirmation
 * moves its revision past changes it has not delivered.
 */
export async function openWatch(options: OpenWatchOptions): Promise<{ ended: Promise<RegistryError> }> {
  const { endpoint, range, view, clock, signal } = options;
  const { header, kvs } = await endpoint.call((client, call) => client.kv.range(range, call), { signal });
  view.replace(kvs);

  const stop = new AbortController();
  const ends = AbortSignal.any([signal, stop.signal]);
  const stream = await endpoint.open((client, call) => client.watchClient.watch(call), ends);
  const confirmed = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<RegistryError>();
  const timer = clock.setTimeout(
    () => end(endpoint.unavailable(`did not confirm the watch within ${confirmTimeoutMs / 1_000} s`)),
    confirmTimeoutMs,
  );
  const end = (error: RegistryError) => {
    clock.clearTimeout(timer);
    confirmed.reject(error);
    ended.resolve(error);
    // Without an end first, etcd3 takes the cancelling for a failure of the member.
    stream.end();
    stop.abort();
  };
  stream.on("error", (error) => end(ends.aborted ? endpoint.unavailable("was left") : endpoint.lost(error)));
  stream.on("end", () => end(endpoint.unavailable("ended the watch")));
  stream.on("data", (response: IWatchResponse) => {
    if (ends.aborted) return;
    // Never a refusal to be believed: the same range has just been read.
    if (response.canceled) return end(endpoint.unavailable(`cancelled the watch (${reasonOf(response)})`));
    if (response.created) {
      if (BigInt(response.header.revision) < BigInt(header.revision)) {
        return end(endpoint.unavailable("has lost its data while it was read"));
      }
      clock.clearTimeout(timer);
      confirmed.resolve();
    }
    view.apply(response.events);
  });
  stream.write({ create_request: { ...range, start_revision: String(BigInt(header.revision) + 1n) } });
  await confirmed.promise;
  return { ended: ended.promise };
}

function reasonOf({ cancel_reason, compact_revision }: IWatchResponse): string {
  return cancel_reason !== "" ? cancel_reason : `compacted up to revision ${compact_revision}`;
}
