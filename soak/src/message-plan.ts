import type { Random } from "./random.ts";

/** A message to be sent. */
export interface PlannedMessage {
  readonly roomId: string;
  readonly text: string;
  readonly timeoutMs: number;
  /** Its sender changes its mind after so long; 0: in the same turn. */
  readonly cancelAfterMs: number | undefined;
  /** Of a type that the server takes in no room. */
  readonly isRefused: boolean;
}

/** Enough for a message to outlast every fault. */
const patientMs = 60_000;

/** What one client sends. */
export class MessagePlan {
  readonly #random: Random;
  readonly #rooms: readonly string[];

  constructor(random: Random, rooms: readonly string[]) {
    this.#random = random;
    this.#rooms = rooms;
  }

  next(): PlannedMessage {
    const random = this.#random;
    const share = random.int(1, 100);
    return {
      roomId: random.pick(this.#rooms),
      text: "x".repeat(random.percent(2) ? random.int(1_000, 20_000) : random.int(1, 200)),
      timeoutMs: share <= 8 ? random.int(1, 150) : patientMs,
      cancelAfterMs: share > 8 && share <= 12 ? random.pick([0, random.int(1, 40), random.int(1, 400)]) : undefined,
      isRefused: share === 13,
    };
  }

  /** How many go out at once. */
  burst(): number {
    return this.#random.int(1, 120);
  }

  /** How long until the next burst. */
  pauseMs(): number {
    return this.#random.int(5, 400);
  }
}
