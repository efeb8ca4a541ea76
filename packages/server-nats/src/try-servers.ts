import type { Clock } from "@im-sdk/contracts";
import type { NatsLink } from "./nats-link.ts";

/** How long a server of a cluster may take before another is tried, in ms, and how long the last of them, or the only one. */
const timeoutsMs = [300, 300, 600, 600, 1_200, 1_200];
const lastTimeoutMs = 5_000;

/** An attempt has failed, and another may not. */
export class LateError extends Error {}

/**
 * Something that NATS has one server of a cluster do, which it chooses by chance, and be it one that died hours ago: nobody answers
 * then. An attempt that throws a {@link LateError} is followed by another.
 */
export async function tryServers<T>(link: NatsLink, attempt: (timeoutMs: number) => Promise<T>): Promise<T> {
  for (const timeoutMs of link.isClustered ? timeoutsMs : []) {
    try {
      return await attempt(timeoutMs);
    } catch (error) {
      if (!(error instanceof LateError)) throw error;
    }
  }
  return attempt(lastTimeoutMs);
}

/** What a promise gives, or a rejection with `late()` when it takes longer. */
export async function inTime<T>(
  clock: Clock,
  answer: Promise<T>,
  timeoutMs: number,
  late = (): Error => new LateError(`JetStream did not answer within ${timeoutMs} ms`),
): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const timer = clock.setTimeout(() => deadline.reject(late()), timeoutMs);
  return Promise.race([answer, deadline.promise]).finally(() => clock.clearTimeout(timer));
}
