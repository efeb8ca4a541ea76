import type { ImClient, RoomPosition } from "@im-sdk/core";
import type { Ledger } from "./ledger.ts";

/** A server that tells positions that it does not know again would be asked for ever. */
const historyMs = 60_000;

/** Reads a room's log into the ledger, each time from where it has got to. */
export class LogReader {
  readonly #client: Pick<ImClient, "listMessages">;
  readonly #roomId: string;
  readonly #ledger: Ledger;
  #last: RoomPosition | undefined;
  #hasFailed = false;

  constructor(client: Pick<ImClient, "listMessages">, roomId: string, ledger: Ledger) {
    this.#client = client;
    this.#roomId = roomId;
    this.#ledger = ledger;
  }

  /** A log that cannot be read is told once, and not read again. */
  async read(): Promise<void> {
    if (this.#hasFailed) return;
    try {
      this.#ledger.archived(this.#roomId, await this.#rest());
    } catch (error) {
      this.#hasFailed = true;
      this.#ledger.failed(`the history of ${this.#roomId} cannot be read: ${error}`);
    }
  }

  async #rest() {
    const stored = [];
    const after = this.#last;
    const options = { pageSize: 1_000, signal: AbortSignal.timeout(historyMs), ...(after !== undefined && { after }) };
    for await (const { id, fromUserId: from, roomId, ...message } of this.#client.listMessages(this.#roomId, options)) {
      const { epoch, sequence } = message;
      if (epoch === undefined || sequence === undefined) throw new Error(`${id} has no position`);
      this.#last = { epoch, sequence };
      stored.push({ id, from, roomId, position: this.#last });
    }
    return stored;
  }
}
