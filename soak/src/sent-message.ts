import type { RoomPosition } from "@im-sdk/core";

/** How a send ended. */
export type Outcome = "acknowledged" | "rejected" | "expired" | "unknown" | "canceled";

export const outcomes: readonly Outcome[] = ["acknowledged", "rejected", "expired", "unknown", "canceled"];

/** One message and what became of it, as its sender was told. */
export interface SentMessage {
  readonly id: string;
  readonly from: string;
  readonly roomId: string;
  /** Counts all sends, so that of two messages the smaller was sent first. */
  readonly ordinal: number;
  /** By a clock of its client that is never set: this and `settledAtMs` may be fractions. */
  readonly deadlineAtMs: number;
  /** How it has to end; undefined when its deadline is short or its sender may change its mind. */
  readonly expected: Outcome | undefined;
  /** Its client handed it to the transport, before it was settled. */
  hasLeft: boolean;
  outcome: Outcome | undefined;
  settledAtMs: number;
  /** From the receipt. */
  position: RoomPosition | undefined;
}

/** Its sender was told that nobody can have got it. */
export function isReportedUnsent({ outcome, hasLeft }: SentMessage): boolean {
  return outcome === "expired" || outcome === "rejected" || (outcome === "canceled" && !hasLeft);
}
