import type { Clock } from "@im-sdk/contracts";
import type { MessageResponse } from "@im-sdk/gen";
import type { Appended } from "@im-sdk/server";
import type { Msg } from "@nats-io/transport-node";
import type { AppendBudget } from "./append-budget.ts";
import type { NatsLink } from "./nats-link.ts";
import { checkSize, type PendingAppend, pendingAppend, publishAppend, tokenOf } from "./pending-append.ts";
import { publishAnswerOf } from "./publish-answer.ts";
import type { Incarnation } from "./room-stream.ts";
import type { StoredAt } from "./stored-message.ts";
import { unavailable } from "./unavailable.ts";

/** When nothing has moved for so long, what waits is published again: a stream that is being deleted takes messages and is silent. */
const retryMs = 2_000;

/** What an {@link AppendQueue} is made of. */
export interface AppendQueueParts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly budget: AppendBudget;
  readonly timeoutMs: number;
  /** When the message at a position was stored; undefined when it is not kept. */
  readonly storedAtMs: (sequence: bigint) => Promise<number | undefined>;
  /** Messages are not taken: their incarnation may be gone. The queue is to be opened again. */
  readonly onNotTaken: () => void;
  /** Nothing waits any more. */
  readonly onEmpty: () => void;
}

/**
 * The messages of a room that are on their way into its stream, in order. One is answered when JetStream has acknowledged it, the
 * feed has told it, and all before it are answered; until then it can be published again, under the same id.
 */
export class AppendQueue {
  readonly #parts: AppendQueueParts;
  readonly #pending = new Map<string, PendingAppend>();
  #incarnation: Incarnation | undefined;
  #fedTo = 0n;
  #isOpen = false;
  #hasMoved = false;
  #timer: unknown;

  constructor(parts: AppendQueueParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#pending.size;
  }

  add(message: MessageResponse, duplicateKey: string | undefined): Promise<Appended> {
    const { link, clock, budget, timeoutMs } = this.#parts;
    const pending = pendingAppend(message, duplicateKey, clock.now() + timeoutMs);
    try {
      checkSize(link, pending);
      budget.take(pending.data.length);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#pending.set(pending.token, pending);
    link.expectAnswers(pending.token, (answer, epoch) => this.#onAnswer(pending, answer, epoch));
    if (this.#pending.size === 1) this.#startTimer();
    if (this.#isOpen && this.#incarnation !== undefined && link.isUp) publishAppend(link, this.#incarnation, pending);
    return pending.appended.promise;
  }

  /** Publishes what waits, again, and what comes from now on; the feed of `incarnation` tells messages after `fedTo`. */
  open(incarnation: Incarnation, fedTo: bigint): void {
    const isNew = this.#incarnation?.epoch !== incarnation.epoch;
    this.#incarnation = incarnation;
    this.#fedTo = fedTo;
    this.#isOpen = true;
    for (const pending of this.#pending.values()) {
      // What the last incarnation had is gone with it, and so is what this one has lost of its newest.
      if (isNew || (pending.stored !== undefined && pending.stored.sequence > fedTo)) forget(pending);
      const { refusal } = pending;
      // The copy that was refused is not the only one.
      if (refusal !== undefined && pending.stored === undefined) {
        const error = unavailable(`the room log did not take the message: ${refusal}`);
        pending.outcome ??= () => pending.appended.reject(error);
      }
      if (pending.answer === undefined && pending.outcome === undefined) {
        publishAppend(this.#parts.link, incarnation, pending);
      }
    }
    this.#settle();
  }

  /** Nothing is published until the next `open`. */
  hold(): void {
    this.#isOpen = false;
  }

  /** The feed has told a message, and followers know of it. */
  fed(message: Msg, at: StoredAt): void {
    this.#fedTo = at.sequence;
    if (this.#pending.size === 0) return;
    const pending = this.#pending.get(tokenOf(message));
    if (pending !== undefined) {
      pending.stored = at;
      this.#hasMoved = true;
    }
    this.#settle();
  }

  #onAnswer(pending: PendingAppend, message: Msg, epoch: string): void {
    // What an incarnation says that is gone means nothing.
    if (epoch !== this.#incarnation?.epoch) return;
    const answer = publishAnswerOf(message);
    this.#hasMoved = true;
    if (answer.kind === "stored") {
      pending.answer = answer;
      pending.outcome ??= this.#outcomeOf(pending);
      this.#settle();
      return;
    }
    // A stream that is being deleted still listens, and has nowhere to store: what comes of it is known with the next incarnation.
    if (answer.kind === "refused") pending.refusal = answer.reason;
    this.#parts.onNotTaken();
  }

  /** Answers from the oldest on as far as there are answers. */
  #settle(): void {
    for (const pending of this.#pending.values()) {
      pending.outcome ??= this.#outcomeOf(pending);
      if (pending.outcome === undefined) return;
      this.#remove(pending);
      pending.outcome();
    }
  }

  #outcomeOf(pending: PendingAppend): (() => void) | undefined {
    const { answer, stored, appended } = pending;
    if (answer === undefined) return undefined;
    const epoch = this.#incarnation?.epoch ?? "";
    // Also when it was published twice, and the second was a duplicate of the first.
    if (stored !== undefined) return () => appended.resolve({ epoch, ...stored, duplicate: false });
    if (answer.duplicate && answer.sequence <= this.#fedTo) this.#lookUp(pending, epoch, answer.sequence);
    return undefined;
  }

  #lookUp(pending: PendingAppend, epoch: string, sequence: bigint): void {
    if (pending.isLookedUp) return;
    pending.isLookedUp = true;
    const { clock, storedAtMs } = this.#parts;
    storedAtMs(sequence).then(
      (found) => {
        if (epoch !== this.#incarnation?.epoch) return;
        // Of one that has left only the position is known.
        const timestampMs = found ?? clock.now();
        pending.outcome ??= () => pending.appended.resolve({ epoch, sequence, timestampMs, duplicate: true });
        this.#settle();
      },
      (cause: unknown) => {
        const error = unavailable("the first copy of the message could not be found", cause);
        pending.outcome ??= () => pending.appended.reject(error);
        this.#settle();
      },
    );
  }

  #remove({ token, data }: PendingAppend): void {
    const { link, budget, clock, onEmpty } = this.#parts;
    this.#pending.delete(token);
    link.forgetAnswers(token);
    budget.giveBack(data.length);
    if (this.#pending.size > 0) return;
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    onEmpty();
  }

  /** Looks at what waits when the oldest is late, and before that whether anything moves. */
  #startTimer(): void {
    const { clock } = this.#parts;
    for (const { deadlineMs } of this.#pending.values()) {
      const delayMs = Math.min(Math.max(deadlineMs - clock.now(), 0), retryMs);
      this.#hasMoved = false;
      this.#timer = clock.setTimeout(() => this.#look(), delayMs);
      return;
    }
  }

  /** The oldest has no answer, and one behind it has: it was lost with a server of NATS. */
  #isOvertaken(): boolean {
    const [oldest] = this.#pending.values();
    if (oldest?.answer !== undefined) return false;
    for (const { answer } of this.#pending.values()) if (answer !== undefined) return true;
    return false;
  }

  #look(): void {
    const { clock, timeoutMs, onNotTaken } = this.#parts;
    const isStuck = this.#isOpen && (!this.#hasMoved || this.#isOvertaken());
    const nowMs = clock.now();
    for (const pending of this.#pending.values()) {
      if (pending.deadlineMs > nowMs) break;
      this.#remove(pending);
      const message = `the room log did not answer within ${timeoutMs} ms: the message may be stored or not`;
      pending.appended.reject(unavailable(message));
    }
    // Those behind may have had their answers for long.
    this.#settle();
    if (this.#pending.size === 0) return;
    if (isStuck) onNotTaken();
    this.#startTimer();
  }
}

function forget(pending: PendingAppend): void {
  const nothing = { answer: undefined, refusal: undefined, stored: undefined, outcome: undefined, isLookedUp: false };
  Object.assign(pending, nothing);
}
