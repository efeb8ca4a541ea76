import type { Gap, RoomPosition } from "@im-sdk/core";
import { covers } from "./gap-coverage.ts";
import type { SentMessage } from "./sent-message.ts";
import type { Violations } from "./violations.ts";

/** What one member received in one room, or what the room's log holds, in the order in which it came. */
export class Reception {
  /** For words. */
  readonly who: string;
  readonly #violations: Violations;
  readonly #received = new Map<SentMessage, RoomPosition>();
  readonly #gaps: Gap[] = [];
  readonly #epochs = new Set<string>();
  readonly #epochsOfGaps = new Set<string>();
  #last: RoomPosition | undefined;

  constructor(who: string, violations: Violations) {
    this.who = who;
    this.#violations = violations;
  }

  get size(): number {
    return this.#received.size;
  }

  take(message: SentMessage, position: RoomPosition): void {
    const at = `${message.id} at ${position.sequence} of ${position.epoch}, by ${this.who}`;
    if (this.#received.has(message)) this.#violations.add("twice", at);
    else this.#received.set(message, position);
    const last = this.#last;
    const isSameLog = last?.epoch === position.epoch;
    if (last !== undefined && (isSameLog ? position.sequence <= last.sequence : this.#epochs.has(position.epoch))) {
      this.#violations.add("disordered", `${at}, after ${last.sequence} of ${last.epoch}`);
    }
    this.#epochs.add(position.epoch);
    this.#last = position;
  }

  told(gap: Gap): void {
    this.#gaps.push(gap);
    for (const end of [gap.after, gap.upTo]) if (end !== undefined) this.#epochsOfGaps.add(end.epoch);
  }

  wasIn(epoch: string): boolean {
    return this.#epochs.has(epoch);
  }

  positionOf(message: SentMessage): RoomPosition | undefined {
    return this.#received.get(message);
  }

  /** Neither received nor told as missing, though the server stored it there. */
  misses(message: SentMessage, position: RoomPosition): boolean {
    if (this.#received.has(message)) return false;
    const visited = new Set([...this.#epochs, ...this.#epochsOfGaps]);
    return !this.#gaps.some((gap) => covers(gap, position, visited));
  }

  /**
   * Whether each sender's messages came in the order of sending. One that was given up by its sender, after it had left, may
   * still come out of a connection that was taken for dead, and then late; returns how many did.
   */
  checkSenders(): number {
    const newest = new Map<string, SentMessage>();
    let late = 0;
    for (const message of this.#received.keys()) {
      const before = newest.get(message.from);
      if (before === undefined || before.ordinal < message.ordinal) newest.set(message.from, message);
      else if (message.outcome === "unknown" || message.outcome === "canceled") late++;
      else this.#violations.add("disordered", `${message.id} after ${before.id}, by ${this.who}`);
    }
    return late;
  }
}
