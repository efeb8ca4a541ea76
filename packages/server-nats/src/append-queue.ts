import { randomUUID } from "node:crypto";
import type { Clock } from "@im-sdk/contracts";
import type { MessageResponse } from "@im-sdk/gen";
import type { Appended } from "@im-sdk/server";
import { headers, type Msg } from "@nats-io/transport-node";
import type { AppendBudget } from "./append-budget.ts";
import type { NatsLink } from "./nats-link.ts";
import { type PublishAnswer, publishAnswerOf } from "./publish-answer.ts";
import type { Incarnation } from "./room-stream.ts";
import { duplicateId, encodeMessage, type StoredAt } from "./stored-message.ts";
import { tooLarge, unavailable } from "./unavailable.ts";

/** The header by which a storage knows its own messages again. */
const tokenHeader = "Im-Append";

/** What an {@link AppendQueue} is made of. */
export interface AppendQueueParts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly budget: AppendBudget;
  readonly timeoutMs: number;
  /** When the message at a position was stored; undefined when it is not kept. */
  readonly storedAtMs: (sequence: bigint) => Promise<number | undefined>;
  /** A message was not taken: its incarnation may be gone. The queue is to be opened again. */
  readonly onNotTaken: () => void;
  /** Nothing waits any more. */
  readonly onEmpty: () => void;
}

interface Waiting {
  readonly token: string;
  readonly messageId: string;
  readonly data: Uint8Array;
  readonly deadlineMs: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
  answer: Extract<PublishAnswer, { kind: "stored" }> | undefined;
  /** Why it was not taken. */
  refusal: string | undefined;
  /** Our own copy, as the feed told it. */
  stored: StoredAt | undefined;
  /** What is said once all before it have been answered. */
  outcome: (() => void) | undefined;
  isLookedUp: boolean;
}

/**
 * The messages of a room that are on their way into its stream, in order. One is answered when JetStream has acknowledged it, the
 * feed has told it, and all before it are answered; until then it can be published again, under the same id.
 */
export class AppendQueue {
  readonly #parts: AppendQueueParts;
  readonly #byToken = new Map<string, Waiting>();
  #incarnation: Incarnation | undefined;
  #fedTo = 0n;
  #isOpen = false;
  #timer: unknown;

  constructor(parts: AppendQueueParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#byToken.size;
  }

  add(message: MessageResponse, duplicateKey: string | undefined): Promise<Appended> {
    const { link, clock, budget, timeoutMs } = this.#parts;
    const data = encodeMessage(message);
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    try {
      const max = link.connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
      // Headers count.
      if (data.length + 256 > max)
        throw tooLarge(`the message has ${data.length} bytes, and NATS takes ${max}: see max_payload`);
      budget.take(data.length);
    } catch (error) {
      return Promise.reject(error);
    }
    const waiting: Waiting = {
      token: randomUUID(),
      messageId: duplicateKey === undefined ? randomUUID() : duplicateId(message.fromUserId, duplicateKey),
      data,
      deadlineMs: clock.now() + timeoutMs,
      resolve,
      reject,
      answer: undefined,
      refusal: undefined,
      stored: undefined,
      outcome: undefined,
      isLookedUp: false,
    };
    this.#byToken.set(waiting.token, waiting);
    link.expectAnswers(waiting.token, (answer) => this.#onAnswer(waiting, answer));
    if (this.#byToken.size === 1) this.#startTimer(timeoutMs);
    if (this.#isOpen && link.isUp) this.#publish(waiting);
    return promise;
  }

  /** Publishes what waits, again, and what comes from now on; the feed of `incarnation` tells messages after `fedTo`. */
  open(incarnation: Incarnation, fedTo: bigint): void {
    const isNew = this.#incarnation?.epoch !== incarnation.epoch;
    this.#incarnation = incarnation;
    this.#fedTo = fedTo;
    this.#isOpen = true;
    for (const waiting of this.#byToken.values()) {
      // What the last incarnation had is gone with it.
      if (isNew)
        Object.assign(waiting, { answer: undefined, refusal: undefined, stored: undefined, isLookedUp: false });
      const { refusal } = waiting;
      if (refusal !== undefined) {
        waiting.outcome ??= () => waiting.reject(unavailable(`the room log did not take the message: ${refusal}`));
      }
      if (waiting.answer === undefined && waiting.outcome === undefined) this.#publish(waiting);
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
    if (this.#byToken.size === 0) return;
    const waiting = this.#byToken.get(message.headers?.get(tokenHeader) ?? "");
    if (waiting !== undefined) waiting.stored = at;
    this.#settle();
  }

  #publish({ token, messageId, data }: Waiting): void {
    if (this.#incarnation === undefined) return;
    const { link } = this.#parts;
    const header = headers();
    header.set("Nats-Msg-Id", messageId);
    header.set(tokenHeader, token);
    link.connection.publish(this.#incarnation.subject, data, { headers: header, reply: link.replySubject(token) });
  }

  #onAnswer(waiting: Waiting, message: Msg): void {
    const answer = publishAnswerOf(message);
    if (answer.kind === "stored") {
      waiting.answer = answer;
      waiting.outcome ??= this.#outcomeOf(waiting);
      this.#settle();
      return;
    }
    // A stream that is being deleted still listens, and has nowhere to store: what comes of it is known with the next incarnation.
    if (answer.kind === "refused") waiting.refusal = answer.reason;
    this.#parts.onNotTaken();
  }

  /** Answers from the oldest on as far as there are answers. */
  #settle(): void {
    for (const waiting of this.#byToken.values()) {
      waiting.outcome ??= this.#outcomeOf(waiting);
      if (waiting.outcome === undefined) return;
      this.#remove(waiting);
      waiting.outcome();
    }
  }

  #outcomeOf(waiting: Waiting): (() => void) | undefined {
    const { answer, stored } = waiting;
    if (answer === undefined) return undefined;
    const epoch = this.#incarnation?.epoch ?? "";
    // Also when it was published twice, and the second was a duplicate of the first.
    if (stored !== undefined) return () => waiting.resolve({ epoch, ...stored, duplicate: false });
    if (answer.duplicate && answer.sequence <= this.#fedTo) this.#lookUp(waiting, epoch, answer.sequence);
    return undefined;
  }

  #lookUp(waiting: Waiting, epoch: string, sequence: bigint): void {
    if (waiting.isLookedUp) return;
    waiting.isLookedUp = true;
    const { clock, storedAtMs } = this.#parts;
    storedAtMs(sequence).then(
      (found) => {
        if (epoch !== this.#incarnation?.epoch) return;
        // Of one that has left only the position is known.
        const timestampMs = found ?? clock.now();
        waiting.outcome ??= () => waiting.resolve({ epoch, sequence, timestampMs, duplicate: true });
        this.#settle();
      },
      (error: unknown) => {
        waiting.outcome ??= () =>
          waiting.reject(unavailable("the first copy of the message could not be found", error));
        this.#settle();
      },
    );
  }

  #remove({ token, data }: Waiting): void {
    const { link, budget, clock, onEmpty } = this.#parts;
    this.#byToken.delete(token);
    link.forgetAnswers(token);
    budget.giveBack(data.length);
    if (this.#byToken.size > 0) return;
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    onEmpty();
  }

  #startTimer(delayMs: number): void {
    this.#timer = this.#parts.clock.setTimeout(() => this.#expire(), delayMs);
  }

  #expire(): void {
    const { clock, timeoutMs } = this.#parts;
    for (const waiting of this.#byToken.values()) {
      const leftMs = waiting.deadlineMs - clock.now();
      if (leftMs > 0) {
        this.#startTimer(leftMs);
        return;
      }
      this.#remove(waiting);
      waiting.reject(
        unavailable(`the room log did not answer within ${timeoutMs} ms: the message may be stored or not`),
      );
    }
  }
}
