import type { Clock } from "@im-sdk/contracts";
import type { LogEntry } from "@im-sdk/server";
import { AckPolicy, DeliverPolicy, ReplayPolicy } from "@nats-io/jetstream";
import { createInbox, nanos, nuid } from "@nats-io/transport-node";
import type { NatsLink } from "./nats-link.ts";
import type { Incarnation } from "./room-stream.ts";
import { decodeEntry, deliveryOf } from "./stored-message.ts";

const timeoutMs = 5_000;

/** Where to read, and which positions: from one to before another. */
export interface RangeToRead {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly stream: string;
  readonly incarnation: Incarnation;
  readonly from: bigint;
  readonly to: bigint;
  readonly limit: number;
}

/**
 * The messages of an incarnation within a range, in order, by a consumer that lives for that long: it gives thousands in one
 * answer. Rejects when the incarnation is not there any more, or JetStream does not answer in time.
 */
export async function readRange(range: RangeToRead): Promise<LogEntry[]> {
  const { link, stream, incarnation, from } = range;
  const { consumers } = link.manager;
  const name = nuid.next();
  const adding = consumers.add(stream, {
    name,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Number(from),
    filter_subject: incarnation.subject,
    ack_policy: AckPolicy.None,
    replay_policy: ReplayPolicy.Instant,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(timeoutMs),
  });
  await link.call(adding);
  try {
    return await link.call(fetchEntries(range, name));
  } finally {
    consumers.delete(stream, name).catch(() => {});
  }
}

function fetchEntries(range: RangeToRead, consumer: string): Promise<LogEntry[]> {
  const { link, clock, stream, from, to, limit } = range;
  const { connection } = link;
  const { epoch } = range.incarnation;
  const batch = Math.min(limit, Number(to - from));
  const { promise, resolve, reject } = Promise.withResolvers<LogEntry[]>();
  const entries: LogEntry[] = [];
  const inbox = createInbox();
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      if (error !== null) return reject(error);
      if (message.subject === inbox) {
        const { code = 0, description = "" } = message.headers ?? {};
        // There are no more: the newest are not yet as many, or some have left.
        if (code === 404 || code === 408) return resolve(entries);
        if (code !== 100) reject(new Error(`${code} ${description}`));
        return;
      }
      const stored = deliveryOf(message.reply ?? "");
      if (stored.sequence < to) entries.push(decodeEntry(message.data, epoch, stored));
      if (stored.delivery >= batch || stored.sequence + 1n >= to) resolve(entries);
    },
  });
  const late = () => reject(new Error(`JetStream did not answer within ${timeoutMs} ms`));
  const timer = clock.setTimeout(late, timeoutMs);
  const request = JSON.stringify({ batch, no_wait: true });
  connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, request, { reply: inbox });
  return promise.finally(() => {
    clock.clearTimeout(timer);
    subscription.unsubscribe();
  });
}
