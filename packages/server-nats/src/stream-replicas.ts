import { setTimeout as delay } from "node:timers/promises";
import type { StreamInfo } from "@nats-io/jetstream";
import { isApiError } from "./api-error.ts";
import type { NatsLink } from "./nats-link.ts";
import { findStream } from "./room-stream.ts";

/** How long it may take until all copies are there. */
const raisedMs = 30_000;

/** There is no cluster that could keep as many copies as there should be. */
class SingleServerError extends Error {}

/**
 * Gives a stream that was made with fewer copies as many as it is to have; one that is not there gets them when it is made. Rejects
 * when there is no cluster: a single server would say yes, and keep one.
 */
export async function raiseReplicas(link: NatsLink, stream: string, replicas: number): Promise<void> {
  if (replicas === 1) return;
  const info = await findStream(link, stream);
  if (info === undefined) return;
  if (info.cluster === undefined) throw new SingleServerError(`stream ${stream} is on a single server`);
  if (info.config.num_replicas >= replicas) return;
  await link.call(link.manager.streams.update(stream, { num_replicas: replicas }));
  // Until its servers have a leader nobody takes what is published.
  for (const endMs = performance.now() + raisedMs; performance.now() < endMs; await delay(100)) {
    const raised = await findStream(link, stream).catch(() => undefined);
    if (raised !== undefined && currentCopies(raised) >= replicas) return;
  }
  throw new Error(`the copies of stream ${stream} were not made within ${raisedMs} ms`);
}

/** An error that trying again does not mend: what is there is one server. */
export function isSingleServer(error: unknown): boolean {
  return error instanceof SingleServerError || isApiError(error, "notClustered");
}

/** What an error says about the number of copies, in the words of our options; undefined when it is about something else. */
export function replicasRefusal(error: unknown, replicas: number): string | undefined {
  if (isSingleServer(error)) {
    return `cannot keep ${replicas} copies: it is a single server. Want replicas 1, or a cluster of ${replicas} servers`;
  }
  if (isApiError(error, "tooFewServers"))
    return `cannot keep ${replicas} copies: its cluster has not as many servers now`;
  return undefined;
}

function currentCopies({ cluster: { leader, replicas = [] } = {} }: StreamInfo): number {
  return leader === undefined ? 0 : 1 + replicas.filter(({ current }) => current).length;
}
