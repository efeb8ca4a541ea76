import type { Gap, RoomPosition } from "@im-sdk/core";
import { checkMessage } from "./check-message.ts";
import type { Reception } from "./reception.ts";
import { RoomAccount } from "./room-account.ts";
import type { Outcome, SentMessage } from "./sent-message.ts";
import { Violations } from "./violations.ts";

export interface LedgerOptions {
  /** Who is in each room, from before the first message until the end. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /**
   * The rooms' logs outlive their servers: no message has two positions, and no gap is in order. Otherwise those are in order
   * that a new log explains.
   */
  readonly durable: boolean;
}

/** A message as somebody received it, or a log holds it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly from: string;
  readonly roomId: string;
  readonly position: RoomPosition;
}

/**
 * Accounts for every message by its id: what its sender was told, who received it where, and where the log has it. Knows of no
 * network and no clock.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #violations = new Violations();
  readonly #sent = new Map<string, SentMessage>();
  readonly #rooms: ReadonlyMap<string, RoomAccount>;
  #gaps = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
    const { members, durable } = options;
    const accountOf = (roomId: string, who: readonly string[]) =>
      new RoomAccount({ roomId, members: who, durable, violations: this.#violations });
    this.#rooms = new Map([...members].map(([roomId, who]) => [roomId, accountOf(roomId, who)] as const));
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

  received(by: string, message: ReceivedMessage): void {
    this.#take(message, by, this.#rooms.get(message.roomId)?.members.get(by));
  }

  told(who: string, gap: Gap): void {
    this.#gaps++;
    this.#rooms.get(gap.roomId)?.members.get(who)?.told(gap);
    const { after, upTo } = gap;
    const range = `after ${after?.sequence} of ${after?.epoch} up to ${upTo?.sequence} of ${upTo?.epoch}`;
    if (this.#options.durable || after?.epoch === upTo?.epoch)
      this.#violations.add("gaps", `${who} in ${gap.roomId}: ${range}`);
  }

  /** Something went wrong that nothing in the run explains. */
  failed(what: string): void {
    this.#violations.add("errors", what);
  }

  /** What a room's log holds at the end, in its order; what comes in further calls is after it. */
  archived(roomId: string, stored: readonly ReceivedMessage[]): void {
    const log = this.#rooms.get(roomId)?.openLog();
    for (const message of stored) {
      this.#take(message, `the log of ${roomId}`, message.roomId === roomId ? log : undefined);
    }
  }

  /** Messages received by all members together, each once: what comes again is no progress. */
  get receivedCount(): number {
    const members = [...this.#rooms.values()].flatMap((room) => [...room.members.values()]);
    return members.reduce((sum, { size }) => sum + size, 0);
  }

  /** Every member has received, or was told of, all that is known to be stored, and the logs that were read have it. */
  get isComplete(): boolean {
    return this.#outstanding().next().done === true;
  }

  /** Closes the account: what was found wrong. A send may settle `slackMs` after its deadline. */
  close({ slackMs }: { readonly slackMs: number }) {
    for (const line of this.#outstanding()) this.#violations.add("lost", line);
    const options = { slackMs, durable: this.#options.durable };
    for (const message of this.#sent.values()) {
      checkMessage(message, this.#rooms.get(message.roomId), options, this.#violations);
    }
    const late = [...this.#rooms.values()].reduce((sum, room) => sum + room.checkSenders(), 0);
    return { violations: this.#violations, late };
  }

  /** How many messages, by what became of them. */
  count() {
    const sent = [...this.#sent.values()];
    const of = (outcome: Outcome) => sent.filter((message) => message.outcome === outcome);
    const delivered = (outcome: Outcome) =>
      of(outcome).filter((message) => this.#rooms.get(message.roomId)?.isReceived(message)).length;
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

  /** What members have still to receive or to be told of, and logs do not have. */
  *#outstanding(): Generator<string, undefined> {
    for (const message of this.#sent.values()) yield* this.#rooms.get(message.roomId)?.missing(message) ?? [];
  }

  #take({ id, from, roomId, position }: ReceivedMessage, by: string, reception: Reception | undefined): void {
    const message = this.#sent.get(id);
    if (message === undefined || message.from !== from || message.roomId !== roomId || reception === undefined) {
      this.#violations.add("foreign", `${id} of ${from} in ${roomId}, by ${by}`);
    } else {
      reception.take(message, position);
    }
  }
}
