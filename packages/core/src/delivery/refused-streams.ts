import type { ImError } from "../im-error.ts";
import type { OutboxEntry } from "./outbox-entry.ts";
import { isSlowConsumer } from "./stream-end.ts";

/**
 * Finds the message that a server ends streams over: one beyond its limit for frames ends the stream instead of being
 * refused, and sent again it would end every stream to come, with all that is beside it.
 */
export class RefusedStreams {
  #suspect: OutboxEntry | undefined;

  /** A stream has ended; `largest` of what it took has no answer. Gives the culprit once it has ended two in a row. */
  onEnd(largest: OutboxEntry | undefined, why: ImError | undefined): OutboxEntry | undefined {
    const isRefusal = why?.code === "resource_exhausted" && !isSlowConsumer(why);
    const suspect = isRefusal ? largest : undefined;
    const culprit = suspect === this.#suspect ? suspect : undefined;
    this.#suspect = culprit === undefined ? suspect : undefined;
    return culprit;
  }
}

/** Of several that are as large, the first. */
export function largestOf(entries: readonly OutboxEntry[]): OutboxEntry | undefined {
  let largest: OutboxEntry | undefined;
  for (const entry of entries) if (largest === undefined || entry.bytes > largest.bytes) largest = entry;
  return largest;
}
