/** What must never happen, by its short name. */
export const violationKinds = {
  lost: "stored by the server, and missing at a member who was not told of a gap there, or in the log",
  twice: "received more than once by one receiver, or in the log more than once",
  disordered: "positions that do not increase, or a sender's messages out of order, for a receiver or in the log",
  unsent: "reported as not sent, and left this process, was received or is in the log all the same",
  unsettled: "a send that did not settle by its deadline",
  unexpected: "a send with all the time it needs that ended otherwise than acknowledged, or rejected where it must be",
  misplaced: "another position in the receipt, for a receiver or in the log than for the others",
  foreign: "received, or in the log, and never sent like that",
  gaps: "told as missing though the log still has it",
  errors: "an error event, an unhandled rejection or a word of a server that no fault explains",
} as const;

export type ViolationKind = keyof typeof violationKinds;

/** Of each kind, so many are told in full. */
const maxExamples = 5;

/** What was found wrong: all of it counted, some of it in words. */
export class Violations {
  readonly #counts = new Map<ViolationKind, number>();
  readonly #examples: string[] = [];

  add(kind: ViolationKind, what: string): void {
    const count = this.count(kind) + 1;
    this.#counts.set(kind, count);
    if (count <= maxExamples) this.#examples.push(`${kind}: ${what}`);
  }

  count(kind: ViolationKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  get counts(): Record<ViolationKind, number> {
    const kinds = Object.keys(violationKinds) as ViolationKind[];
    return Object.fromEntries(kinds.map((kind) => [kind, this.count(kind)])) as Record<ViolationKind, number>;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get examples(): readonly string[] {
    return this.#examples;
  }
}
