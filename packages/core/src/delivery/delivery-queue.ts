import type { Gap } from "./gap.ts";
import { Gate } from "./gate.ts";
import type { QueueBounds } from "./inbox-options.ts";
import type { Delivery } from "./message-consumer.ts";
import { PendingGaps } from "./pending-gaps.ts";
import { Ring } from "./ring.ts";

export interface DeliveryQueueOptions extends QueueBounds {
  /** Told of what `drop-oldest` has dropped, before anything later of the room is taken. */
  onGap(gap: Gap): void;
  /**
   * Half of what may wait does, and the consumer should get a turn before more comes: many messages arrive together, and one
   * that is quick must not lose any of them. Not told again before something has been taken, and not where a full queue pauses.
   */
  onCrowded?: (() => void) | undefined;
}

/** The deliveries that wait for a consumer, and what to do about it when they are many. To `close` is the consumer's own part. */
export class DeliveryQueue {
  readonly #maxQueued: number;
  readonly #whenFull: QueueBounds["whenFull"];
  readonly #gaps: PendingGaps;
  readonly #waiting = new Ring<Delivery>();
  readonly #room = new Gate();
  readonly #onCrowded: DeliveryQueueOptions["onCrowded"];
  #isCrowded = false;

  constructor({ maxQueued, whenFull, onGap, onCrowded }: DeliveryQueueOptions) {
    this.#maxQueued = maxQueued;
    this.#whenFull = whenFull;
    this.#onCrowded = onCrowded;
    this.#gaps = new PendingGaps(onGap);
  }

  get length(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#maxQueued;
  }

  /** A promise when the queue is full and pauses: it resolves when half of it has been taken. */
  push(delivery: Delivery): Promise<void> | undefined {
    if (this.#whenFull === "drop-oldest" && this.isFull) this.#dropOldest();
    this.#waiting.push(delivery);
    if (this.#whenFull === "pause") return this.isFull ? this.#room.opened() : undefined;
    if (!this.#isCrowded && this.#waiting.length >= this.#maxQueued / 2) {
      this.#isCrowded = true;
      this.#onCrowded?.();
    }
    return undefined;
  }

  /** The next delivery; undefined when none waits. What was dropped of its room before it has been told by then. */
  take(): Delivery | undefined {
    const delivery = this.#shift();
    this.#isCrowded = false;
    if (this.#waiting.length <= this.#maxQueued / 2) this.release();
    if (delivery !== undefined && !this.#gaps.isEmpty) {
      // When nothing waits any more, all that is missing is known; a silent room would have to wait for its next message.
      if (this.#waiting.length === 0) this.#gaps.tellAll();
      else this.#gaps.tell(delivery.message.roomId);
    }
    return delivery;
  }

  /** Drops all that waits, gaps included: nobody is there to miss anything. */
  clear(): void {
    this.#gaps.clear();
    for (let delivery = this.#waiting.shift(); delivery !== undefined; delivery = this.#waiting.shift()) {
      delivery.onHandled("dropped");
    }
    this.release();
  }

  /** Whoever paused for this queue may go on. */
  release(): void {
    this.#room.open();
  }

  #shift(): Delivery | undefined {
    let delivery = this.#waiting.shift();
    for (; delivery?.isObsolete?.() === true; delivery = this.#waiting.shift()) delivery.onHandled("skipped");
    return delivery;
  }

  #dropOldest(): void {
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return;
    this.#gaps.add(oldest.message);
    oldest.onHandled("skipped");
  }
}
