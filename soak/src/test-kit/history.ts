import { Ledger, type LedgerOptions } from "../ledger.ts";
import type { Outcome } from "../sent-message.ts";
import type { ViolationKind } from "../violations.ts";

export const deadlineAtMs = 1_000;
export const slackMs = 50;
/** The epoch of positions, unless told. */
export const log = "log-1";

/** A history with one thing wrong. */
export interface WrongHistory {
  readonly history: History;
  readonly kind: ViolationKind;
  readonly words: RegExp;
}

/** A room with two members, ann and bob, and what is done to it in a test; messages are ann's unless told. */
export class History {
  readonly ledger: Ledger;

  constructor(options: Partial<LedgerOptions> = {}) {
    this.ledger = new Ledger({ members: new Map([["lobby", ["ann", "bob"]]]), durable: true, ...options });
  }

  send(...ids: string[]): this {
    for (const id of ids) {
      this.ledger.sent({ id, from: "ann", roomId: "lobby", deadlineAtMs, expected: undefined });
      this.ledger.left(id);
    }
    return this;
  }

  sendTo(roomId: string, id: string): this {
    this.ledger.sent({ id, from: "ann", roomId, deadlineAtMs, expected: undefined });
    this.ledger.left(id);
    return this;
  }

  sendUnsent(id: string, expected?: Outcome): this {
    this.ledger.sent({ id, from: "ann", roomId: "lobby", deadlineAtMs, expected });
    return this;
  }

  acknowledge(id: string, sequence: number, epoch = log): this {
    this.ledger.settled(id, "acknowledged", 10, { epoch, sequence: BigInt(sequence) });
    return this;
  }

  settle(id: string, outcome: Outcome, atMs = 10): this {
    this.ledger.settled(id, outcome, atMs);
    return this;
  }

  receive(by: string, id: string, sequence: number, epoch = log): this {
    const position = { epoch, sequence: BigInt(sequence) };
    this.ledger.received(by, { id, from: "ann", roomId: "lobby", position });
    return this;
  }

  /** Both members. */
  deliver(id: string, sequence: number, epoch = log): this {
    return this.receive("ann", id, sequence, epoch).receive("bob", id, sequence, epoch);
  }

  gap(who: string, after: [number, string], upTo: [number, string]): this {
    const position = ([sequence, epoch]: [number, string]) => ({ epoch, sequence: BigInt(sequence) });
    this.ledger.told(who, { roomId: "lobby", reason: "not_in_log", after: position(after), upTo: position(upTo) });
    return this;
  }

  /** What the log of the lobby holds: who sent it is ann unless told. */
  archive(...stored: [id: string, sequence: number, epoch?: string, from?: string, roomId?: string][]): this {
    const messages = stored.map(([id, sequence, epoch = log, from = "ann", roomId = "lobby"]) => {
      return { id, from, roomId, position: { epoch, sequence: BigInt(sequence) } };
    });
    this.ledger.archived("lobby", messages);
    return this;
  }

  /** What is wrong with it, by kind; and the words for it. */
  found(): [counts: Partial<Record<ViolationKind, number>>, words: readonly string[]] {
    const { violations } = this.ledger.close({ slackMs });
    const counts = Object.entries(violations.counts).filter(([, count]) => count > 0);
    return [Object.fromEntries(counts), violations.examples];
  }
}
