import type { ImMessage } from "../messages/im-message.ts";
import type { Gap, RoomPosition } from "./gap.ts";

interface Extent {
  after: RoomPosition | undefined;
  upTo: RoomPosition | undefined;
}

/** What one slow consumer has lost and has not been told yet: one gap for each room, however many messages it covers. */
export class PendingGaps {
  readonly #extents = new Map<string, Extent>();
  readonly #onGap: (gap: Gap) => void;

  constructor(onGap: (gap: Gap) => void) {
    this.#onGap = onGap;
  }

  get isEmpty(): boolean {
    return this.#extents.size === 0;
  }

  /** The consumer will not get this message, nor any older one of its room. */
  add({ raw }: ImMessage): void {
    const { roomId, epoch, sequence, previousSequence } = raw;
    const extent = this.#extents.get(roomId) ?? { after: undefined, upTo: undefined };
    this.#extents.set(roomId, extent);
    // No part of a log, so that it moves neither end.
    if (sequence === 0n) return;
    // Begins where the log says, not with the last message that was handed out: there may have been none, or an older gap.
    extent.after ??= { epoch, sequence: previousSequence };
    extent.upTo = { epoch, sequence };
  }

  /** Tells what is missing of a room, if anything is. */
  tell(roomId: string): void {
    const extent = this.#extents.get(roomId);
    if (extent === undefined) return;
    this.#extents.delete(roomId);
    this.#onGap({ roomId, reason: "slow_consumer", ...extent });
  }

  tellAll(): void {
    for (const roomId of [...this.#extents.keys()]) this.tell(roomId);
  }

  clear(): void {
    this.#extents.clear();
  }
}
