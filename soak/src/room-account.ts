import type { RoomPosition } from "@im-sdk/core";
import { Reception } from "./reception.ts";
import type { SentMessage } from "./sent-message.ts";
import type { Violations } from "./violations.ts";

export interface RoomAccountOptions {
  readonly roomId: string;
  readonly members: readonly string[];
  /** Its log outlives its server. */
  readonly durable: boolean;
  readonly violations: Violations;
}

/** What came of the messages of one room: to its members, and into its log, which is one more receiver once it has been read. */
export class RoomAccount {
  readonly members: ReadonlyMap<string, Reception>;
  readonly #options: RoomAccountOptions;
  #log: Reception | undefined;

  constructor(options: RoomAccountOptions) {
    const { roomId, members, violations } = options;
    this.#options = options;
    this.members = new Map(members.map((who) => [who, new Reception(`${who} in ${roomId}`, violations)]));
  }

  /** From the first call on, what is missing in the log is missing. */
  openLog(): Reception {
    const { roomId, violations } = this.#options;
    this.#log ??= new Reception(`the log of ${roomId}`, violations);
    return this.#log;
  }

  /** The members', and the log's if it has been read. */
  get receptions(): Reception[] {
    return [...this.members.values(), ...(this.#log === undefined ? [] : [this.#log])];
  }

  isReceived(message: SentMessage): boolean {
    return [...this.members.values()].some((each) => each.positionOf(message) !== undefined);
  }

  /** Where receivers saw it, and where the log has it. */
  positionsOf(message: SentMessage): RoomPosition[] {
    return this.receptions.map((each) => each.positionOf(message)).filter((position) => position !== undefined);
  }

  /** What is known to be stored and is missing somewhere: one line for each who has not got it, and was not told so. */
  *missing(message: SentMessage): Generator<string, undefined> {
    const position = message.position ?? this.positionsOf(message)[0];
    if (position === undefined) return;
    for (const member of this.members.values()) {
      if (member.misses(message, position)) yield lineOf(message, position, member);
    }
    const inLog = this.#expectedInLog(message, position);
    if (inLog !== undefined && this.#log?.misses(message, inLog)) yield lineOf(message, inLog, this.#log);
  }

  /** Whether each sender's messages are in the order of sending; returns how many came late to members, which is no fault. */
  checkSenders(): number {
    this.#log?.checkSenders();
    return [...this.members.values()].reduce((late, member) => late + member.checkSenders(), 0);
  }

  /** A log that died with its server has taken along what was in it: then only the log's own epochs count. */
  #expectedInLog(message: SentMessage, position: RoomPosition): RoomPosition | undefined {
    if (this.#options.durable) return position;
    return [position, ...this.positionsOf(message)].find(({ epoch }) => this.#log?.wasIn(epoch));
  }
}

function lineOf({ id }: SentMessage, { sequence, epoch }: RoomPosition, { who }: Reception): string {
  return `${id} at ${sequence} of ${epoch}, by ${who}`;
}
