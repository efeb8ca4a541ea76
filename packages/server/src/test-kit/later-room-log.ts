import { setImmediate as later } from "node:timers/promises";
import type { MessageResponse } from "@im-sdk/gen";
import type { Appended, LogEntry, LogHead, LogRange, RoomLog } from "../log/room-log.ts";

/**
 * A room's log whose answers come later, as those of a store behind the network do: after 0 to 3 turns of the loop each, many
 * appends under way at a time, in the order of the calls.
 */
export class LaterRoomLog implements RoomLog {
  readonly #log: RoomLog;
  #stored: Promise<unknown> = Promise.resolve();
  #answered: Promise<unknown> = Promise.resolve();
  #turns = 0;

  constructor(log: RoomLog) {
    this.#log = log;
  }

  append(message: MessageResponse, duplicateKey: string | undefined): Promise<Appended> {
    const stored = Promise.all([this.#stored, this.#wait()]).then(() => this.#log.append(message, duplicateKey));
    const answered = Promise.all([stored, this.#answered, this.#wait()]).then(([appended]) => appended);
    this.#stored = stored;
    this.#answered = answered;
    return answered;
  }

  async read(range: LogRange): Promise<readonly LogEntry[]> {
    await this.#wait();
    const entries = await this.#log.read(range);
    await this.#wait();
    return entries;
  }

  async head(): Promise<LogHead> {
    await this.#wait();
    const head = await this.#log.head();
    await this.#wait();
    return head;
  }

  follow(listener: (entry: LogEntry) => void): () => void {
    return this.#log.follow(listener);
  }

  setTtlMs(ttlMs: number): void {
    this.#log.setTtlMs(ttlMs);
  }

  prune(): void {
    this.#log.prune();
  }

  close(): void {
    this.#log.close();
  }

  async #wait(): Promise<void> {
    this.#turns = (this.#turns + 1) % 4;
    for (let turn = 0; turn < this.#turns; turn += 1) await later();
  }
}
