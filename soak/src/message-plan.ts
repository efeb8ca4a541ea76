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
  /** How it has to end, whatever happens; undefined when that depends. */
  readonly expected: "acknowledged" | "rejected" | undefined;
}

/** Longer than any round should take: such a send is to be acknowledged, whatever happens. */
const patientMs = 600_000;

/** A message that everybody is to get. */
export function lastWord(roomId: string): PlannedMessage {
  return {
    roomId,
    text: "bye",
    timeoutMs: patientMs,
    cancelAfterMs: undefined,
    isRefused: false,
    expected: "acknowledged",
  };
}

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
    const isHasty = share <= 8;
    const isFickle = share > 8 && share <= 12;
    const isRefused = share === 13;
    return {
      roomId: random.pick(this.#rooms),
      text: "x".repeat(random.percent(2) ? random.int(1_000, 20_000) : random.int(1, 200)),
      timeoutMs: isHasty ? random.int(1, 150) : patientMs,
      cancelAfterMs: isFickle ? random.pick([0, random.int(1, 40), random.int(1, 400)]) : undefined,
      isRefused,
      expected: isHasty || isFickle ? undefined : isRefused ? "rejected" : "acknowledged",
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
