import type { ImError } from "../im-error.ts";
import type { OutboxEntry } from "./outbox-entry.ts";

/**
 * Finds the message that a server ends streams over: one beyond its limit for frames ends the stream instead of being
 * refused, and sent again it would end every stream to come, with all that is behind it.
 */
export class RefusedStreams {
  #suspect: OutboxEntry | undefined;

  /** A stream has ended; `oldest` of what it took has no answer. Gives the culprit once it has ended two in a row. */
  onEnd(oldest: OutboxEntry | undefined, why: ImError | undefined): OutboxEntry | undefined {
    const suspect = why?.code === "resource_exhausted" ? oldest : undefined;
    const culprit = suspect === this.#suspect ? suspect : undefined;
    this.#suspect = culprit === undefined ? suspect : undefined;
    return culprit;
  }
}
