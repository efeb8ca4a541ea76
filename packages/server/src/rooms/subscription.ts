import type { LogEntry } from "../log/room-log.ts";
import type { Logger } from "../logger.ts";
import type { ClientStream } from "../stream/client-stream.ts";
import type { OutgoingFrame } from "../stream/outgoing-frame.ts";
import type { Room } from "./room.ts";

const pageSize = 256;

/**
 * One stream in one room. It is `live` while everything up to the newest message of the room has been handed on; else it
 * catches up from the room's log, and live messages wait there. So the order is always that of the log, and nothing is
 * skipped or doubled: not after a join with a cursor, not after the queue was full.
 */
export class Subscription {
  readonly stream: ClientStream;
  readonly room: Room;
  readonly #logger: Logger;
  #position = 0n;
  #live = false;
  // Tells a running catch-up that it has been replaced.
  #run = 0;
  #stopped = false;

  constructor(stream: ClientStream, room: Room, logger: Logger) {
    this.stream = stream;
    this.room = room;
    this.#logger = logger;
  }

  /** Begins, or begins again, with everything after `position`. */
  start(position: bigint): void {
    this.#position = position;
    this.catchUp();
  }

  stop(): void {
    this.#stopped = true;
    this.#run += 1;
    this.stream.forget(this);
  }

  /** Hands on a message that was just stored. */
  deliver(entry: LogEntry, frame: OutgoingFrame): void {
    if (!this.#live || entry.message.sequence <= this.#position) return;
    if (entry.message.previousSequence > this.#position) this.catchUp();
    else if (this.stream.offer(frame, this)) this.#position = entry.message.sequence;
    else this.#live = false;
  }

  /** Cuts a stream off that waits for what the log, up to `floor`, no longer has: it need not read on to learn of that. */
  checkReach(floor: bigint): void {
    if (!this.#live && this.#position < floor) this.stream.failAsSlowConsumer();
  }

  /** Hands on what the log has after the position, then goes live. */
  catchUp(): void {
    const run = ++this.#run;
    this.#live = false;
    if (this.#stopped) return;
    if (this.#position >= this.room.newest) {
      this.#live = true;
      return;
    }
    this.#readOn(run).catch((error: unknown) => {
      this.#logger.error("a room's log cannot be read", { room: this.room.id, error });
      if (run === this.#run) this.stream.failAsSlowConsumer();
    });
  }

  async #readOn(run: number): Promise<void> {
    for (;;) {
      const entries = await this.room.log.read({ after: this.#position, limit: pageSize });
      if (run !== this.#run) return;
      // Asked for after a message that the room has told us of, and nothing came: it has left the log already.
      if (entries.length === 0) return this.stream.failAsSlowConsumer();
      // A page of another epoch begins again from the front.
      for (const { message } of entries.slice(-1)) this.room.sawHead(message);
      if (run !== this.#run) return;
      for (const entry of entries) {
        if (entry.message.previousSequence > this.#position) return this.stream.failAsSlowConsumer();
        const frame = this.room.caughtUpFrames.frameFor(entry, this.stream.capabilities.resume);
        if (!this.stream.offer(frame, this)) return;
        this.#position = entry.message.sequence;
      }
      if (this.#position >= this.room.newest) {
        this.#live = true;
        return;
      }
    }
  }
}
