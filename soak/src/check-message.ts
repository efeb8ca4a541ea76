import type { RoomAccount } from "./room-account.ts";
import { isReportedUnsent, type SentMessage } from "./sent-message.ts";
import type { Violations } from "./violations.ts";

export interface CheckMessageOptions {
  /** A send may settle so late. */
  readonly slackMs: number;
  /** No message has two positions, not even in two logs. */
  readonly durable: boolean;
}

/** Whether what its sender was told of a message is true, and it is at one place only. */
export function checkMessage(
  message: SentMessage,
  room: RoomAccount | undefined,
  { slackMs, durable }: CheckMessageOptions,
  violations: Violations,
): void {
  checkSettled(message, slackMs, violations);
  if (isReportedUnsent(message)) checkUnsent(message, room, violations);
  checkPositions(message, room, durable, violations);
}

function checkSettled(message: SentMessage, slackMs: number, violations: Violations): void {
  const { id, outcome, settledAtMs, deadlineAtMs, expected } = message;
  if (outcome === undefined) {
    violations.add("unsettled", `${id}, never`);
    return;
  }
  if (expected !== undefined && outcome !== expected) violations.add("unexpected", `${id}: ${outcome}`);
  if (settledAtMs > deadlineAtMs + slackMs) {
    violations.add("unsettled", `${id}, ${outcome} ${Math.round(settledAtMs - deadlineAtMs)} ms after its deadline`);
  }
}

function checkUnsent(message: SentMessage, room: RoomAccount | undefined, violations: Violations): void {
  const { id, outcome, hasLeft } = message;
  const receiver = room?.receptions.find((each) => each.positionOf(message) !== undefined);
  if (receiver !== undefined) violations.add("unsent", `${id}: ${outcome}, and received by ${receiver.who}`);
  else if (outcome === "expired" && hasLeft) violations.add("unsent", `${id}: expired, and had left`);
}

function checkPositions(
  message: SentMessage,
  room: RoomAccount | undefined,
  durable: boolean,
  violations: Violations,
): void {
  const receipt = message.position === undefined ? [] : [message.position];
  const all = [...receipt, ...(room?.positionsOf(message) ?? [])];
  const byEpoch = Map.groupBy(all, ({ epoch }) => epoch);
  const isMoved = [...byEpoch.values()].some((inOne) => new Set(inOne.map(({ sequence }) => sequence)).size > 1);
  if (!isMoved && !(durable && byEpoch.size > 1)) return;
  const places = all.map(({ epoch, sequence }) => `${sequence} of ${epoch}`);
  violations.add("misplaced", `${message.id}: ${[...new Set(places)].join(", ")}`);
}
