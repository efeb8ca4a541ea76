import type { Gap, RoomPosition } from "@im-sdk/core";
import { Reception } from "./reception.ts";
import { isReportedUnsent, type Outcome, type SentMessage } from "./sent-message.ts";
import { Violations } from "./violations.ts";

export interface LedgerOptions {
  /** Who is in each room, from before the first message until the end. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** The rooms' logs outlive their servers: no message has two positions, and no gap is in order; else those are that a new log explains. */
  readonly durable: boolean;
}

/** A message as somebody received it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly from: string;
  readonly roomId: string;
  readonly position: RoomPosition;
}

/** Accounts for every message by its id: what its sender was told, and who received it where. Knows of no network and no clock. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #violations = new Violations();
  readonly #sent = new Map<string, SentMessage>();
  /** By room, then by member. */
  readonly #receptions = new Map<string, Map<string, Reception>>();
  #gaps = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
    for (const [roomId, members] of options.members) {
      const receptions = members.map((who) => [who, new Reception(`${who} in ${roomId}`, this.#violations)] as const);
      this.#receptions.set(roomId, new Map(receptions));
    }
  }

  sent(message: Pick<SentMessage, "id" | "from" | "roomId" | "deadlineAtMs" | "expected">): void {
    if (this.#sent.has(message.id))
      throw new Error(`message ${message.id} is sent a second time: want ids of their own`);
    const untold = { hasLeft: false, outcome: undefined, settledAtMs: Number.POSITIVE_INFINITY, position: undefined };
    this.#sent.set(message.id, { ...message, ...untold, ordinal: this.#sent.size });
  }

  /** The client handed it to the transport; ids of frames that are no messages are passed over. */
  left(id: string): void {
    const message = this.#sent.get(id);
    if (message === undefined) return;
    if (message.outcome === undefined) message.hasLeft = true;
    else if (!message.hasLeft) this.#violations.add("unsent", `${id}: ${message.outcome}, and left after that`);
  }

  settled(id: string, outcome: Outcome, atMs: number, position?: RoomPosition): void {
    const message = this.#sent.get(id);
    if (message === undefined) throw new Error(`message ${id} settles and was never sent`);
    message.outcome = outcome;
    message.settledAtMs = atMs;
    message.position = position;
  }

  received(by: string, { id, from, roomId, position }: ReceivedMessage): void {
    const message = this.#sent.get(id);
    const reception = this.#receptions.get(roomId)?.get(by);
    if (message === undefined || message.from !== from || message.roomId !== roomId || reception === undefined) {
      this.#violations.add("foreign", `${id} of ${from} in ${roomId}, by ${by}`);
    } else {
      reception.take(message, position);
    }
  }

  told(who: string, gap: Gap): void {
    this.#gaps++;
    this.#receptions.get(gap.roomId)?.get(who)?.told(gap);
    const { after, upTo } = gap;
    const range = `after ${after?.sequence} of ${after?.epoch} up to ${upTo?.sequence} of ${upTo?.epoch}`;
    if (this.#options.durable || after?.epoch === upTo?.epoch)
      this.#violations.add("gaps", `${who} in ${gap.roomId}: ${range}`);
  }

  /** Something went wrong that nothing in the run explains. */
  failed(what: string): void {
    this.#violations.add("errors", what);
  }

  /** What a room's log holds at the end, in its order. */
  archived(roomId: string, stored: readonly Pick<ReceivedMessage, "id" | "position">[]): void {
    const positions = new Map<string, RoomPosition>();
    for (const { id, position } of stored) {
      if (positions.has(id)) this.#violations.add("twice", `${id} in the log of ${roomId}`);
      positions.set(id, position);
    }
    const epochs = new Set(stored.map(({ position }) => position.epoch));
    for (const { id, position, ...message } of this.#sent.values()) {
      if (message.roomId !== roomId || position === undefined || !epochs.has(position.epoch)) continue;
      const there = positions.get(id);
      if (there === undefined) this.#violations.add("lost", `${id}, from the log of ${roomId}`);
      else if (there.sequence !== position.sequence) this.#violations.add("misplaced", `${id} in the log of ${roomId}`);
    }
  }

  /** Messages received by all members together, each once: what comes again is no progress. */
  get receivedCount(): number {
    const receptions = [...this.#receptions.values()].flatMap((room) => [...room.values()]);
    return receptions.reduce((sum, { size }) => sum + size, 0);
  }

  /** Every member has received, or was told of, all that is known to be stored. */
  get isComplete(): boolean {
    return this.#outstanding().next().done === true;
  }

  /** Closes the account: what was found wrong. A send may settle `slackMs` after its deadline. */
  close({ slackMs }: { readonly slackMs: number }) {
    for (const line of this.#outstanding()) this.#violations.add("lost", line);
    for (const message of this.#sent.values()) {
      this.#checkSettled(message, slackMs);
      this.#checkUnsent(message);
      this.#checkPositions(message);
    }
    const receptions = [...this.#receptions.values()].flatMap((room) => [...room.values()]);
    const late = receptions.reduce((sum, reception) => sum + reception.checkSenders(), 0);
    return { violations: this.#violations, late };
  }

  /** How many messages, by what became of them. */
  count() {
    const sent = [...this.#sent.values()];
    const of = (outcome: Outcome) => sent.filter((message) => message.outcome === outcome);
    const delivered = (outcome: Outcome) =>
      of(outcome).filter((message) => this.#positionsOf(message).length > 0).length;
    return {
      sent: sent.length,
      acknowledged: of("acknowledged").length,
      rejected: of("rejected").length,
      expired: of("expired").length,
      unknown: of("unknown").length,
      unknownDelivered: delivered("unknown"),
      canceled: of("canceled").length,
      canceledDelivered: delivered("canceled"),
      received: this.receivedCount,
      gaps: this.#gaps,
    };
  }

  /** What members have still to receive or to be told of. */
  *#outstanding(): Generator<string, undefined> {
    for (const message of this.#sent.values()) {
      const position = message.position ?? this.#positionsOf(message)[0];
      if (position === undefined) continue;
      for (const [who, reception] of this.#receptions.get(message.roomId) ?? []) {
        if (!reception.misses(message, position)) continue;
        yield `${message.id} at ${position.sequence} of ${position.epoch}, by ${who}`;
      }
    }
  }

  #checkSettled({ id, outcome, settledAtMs, deadlineAtMs, expected }: SentMessage, slackMs: number): void {
    if (outcome === undefined) {
      this.#violations.add("unsettled", `${id}, never`);
      return;
    }
    if (expected !== undefined && outcome !== expected) this.#violations.add("unexpected", `${id}: ${outcome}`);
    if (settledAtMs > deadlineAtMs + slackMs) {
      this.#violations.add("unsettled", `${id}, ${outcome} ${settledAtMs - deadlineAtMs} ms after its deadline`);
    }
  }

  #checkUnsent(message: SentMessage): void {
    if (!isReportedUnsent(message)) return;
    const { id, outcome, hasLeft } = message;
    if (this.#positionsOf(message).length > 0) this.#violations.add("unsent", `${id}: ${outcome}, and received`);
    else if (outcome === "expired" && hasLeft) this.#violations.add("unsent", `${id}: expired, and had left`);
  }

  #checkPositions(message: SentMessage): void {
    const all = [...(message.position === undefined ? [] : [message.position]), ...this.#positionsOf(message)];
    const byEpoch = Map.groupBy(all, ({ epoch }) => epoch);
    const isMoved = [...byEpoch.values()].some((inOne) => new Set(inOne.map(({ sequence }) => sequence)).size > 1);
    if (!isMoved && !(this.#options.durable && byEpoch.size > 1)) return;
    const places = all.map(({ epoch, sequence }) => `${sequence} of ${epoch}`);
    this.#violations.add("misplaced", `${message.id}: ${[...new Set(places)].join(", ")}`);
  }

  /** Where its receivers saw it. */
  #positionsOf(message: SentMessage): RoomPosition[] {
    const receptions = [...(this.#receptions.get(message.roomId)?.values() ?? [])];
    return receptions.map((each) => each.positionOf(message)).filter((position) => position !== undefined);
  }
}
