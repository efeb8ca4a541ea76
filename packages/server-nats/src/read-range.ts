import type { Clock } from "@im-sdk/contracts";
import type { LogEntry } from "@im-sdk/server";
import { createInbox, nanos, nuid } from "@nats-io/transport-node";
import { addConsumer } from "./add-consumer.ts";
import type { NatsLink } from "./nats-link.ts";
import type { Incarnation } from "./room-stream.ts";
import { decodeEntry, deliveryOf } from "./stored-message.ts";
import { inTime, LateError, tryServers } from "./try-servers.ts";

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
 * answer. Rejects when the incarnation is not there any more, or JetStream does not answer in time, or not with all that there is.
 */
export async function readRange(range: RangeToRead): Promise<LogEntry[]> {
  return tryServers(range.link, (timeoutMs) => readOnce(range, timeoutMs));
}

async function readOnce(range: RangeToRead, timeoutMs: number): Promise<LogEntry[]> {
  const { link, clock, stream, incarnation, from } = range;
  const name = nuid.next();
  const consumer = { stream, name, subject: incarnation.subject, from, inactiveMs: timeoutMs };
  try {
    await addConsumer(link, clock, consumer, timeoutMs);
    const entries = await link.call(fetchEntries(range, name, timeoutMs));
    if (link.isClustered && entries.length < batchOf(range)) await checkWhole(range, entries);
    return entries;
  } finally {
    link.manager.consumers.delete(stream, name).catch(() => {});
  }
}

function fetchEntries(range: RangeToRead, consumer: string, timeoutMs: number): Promise<LogEntry[]> {
  const { link, clock, stream, from, to } = range;
  const { connection } = link;
  const { epoch } = range.incarnation;
  const batch = batchOf(range);
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
      // A copy that has not come so far begins with what it lacks.
      if (stored.sequence < from) return reject(new LateError(`a copy of stream ${stream} ends before ${from}`));
      if (stored.sequence < to) entries.push(decodeEntry(message.data, epoch, stored));
      if (stored.delivery >= batch || stored.sequence + 1n >= to) resolve(entries);
    },
  });
  // A copy that is behind has the rest in a moment.
  const patience = link.isClustered ? { expires: nanos(timeoutMs / 2) } : { no_wait: true };
  const request = JSON.stringify({ batch, ...patience });
  connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, request, { reply: inbox });
  return inTime(clock, promise, timeoutMs).finally(() => subscription.unsubscribe());
}

/** Throws when the copy that the entries come from has not had all that the stream has. */
async function checkWhole(
  { link, stream, incarnation, from, to }: RangeToRead,
  entries: readonly LogEntry[],
): Promise<void> {
  const last = entries.at(-1)?.message.sequence ?? from - 1n;
  if (last + 1n >= to) return;
  // Of what the leader has; what was deleted is nowhere.
  const query = { seq: Number(last + 1n), next_by_subj: incarnation.subject };
  const next = await link.call(link.manager.streams.getMessage(stream, query));
  if (next === null || BigInt(next.seq) >= to) return;
  throw new LateError(`a copy of stream ${stream} ends at ${last}, and not before ${to}`);
}

function batchOf({ from, to, limit }: RangeToRead): number {
  return Math.min(limit, Number(to - from));
}
