import type { AckContent, MessageRequest } from "@im-sdk/gen";
import { ImError } from "../im-error.ts";
import type { ClientJournal, KeptMessage } from "./client-journal.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { Gate } from "./gate.ts";
import { OutboxEntries } from "./outbox-entries.ts";
import { createEntry, type OutboxEntry, type OutboxSendOptions, onAbort, type Settlement } from "./outbox-entry.ts";
import type { OutboxOptions } from "./outbox-options.ts";
import { Outcomes, type OutcomesOptions } from "./outcomes.ts";
import { largestOf, RefusedStreams } from "./refused-streams.ts";
import { canceled, expired, outboxFull, rejected, unanswered } from "./send-errors.ts";
import { acknowledged, type SendReceipt } from "./send-receipt.ts";
import { SkippingQueue } from "./skipping-queue.ts";
import { hashOf } from "./string-hash.ts";
import { UnacknowledgedCount } from "./unacknowledged-count.ts";

export interface OutboxParts extends Pick<OutcomesOptions, "clock" | "onOrphanSettled"> {
  options: Required<OutboxOptions>;
  /** By default messages end with the process. */
  journal?: Pick<ClientJournal, "keep" | "forget"> | undefined;
}

/**
 * The messages that are not settled, in order, whatever becomes of the connection. A connection attaches, takes messages,
 * and reports on them; when it breaks, those without an ACK go out again on the next one that acknowledges, before new ones.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #deadlines: DeadlineTimer;
  readonly #entries: OutboxEntries;
  /** What the connection has not taken yet. */
  readonly #unsent = new SkippingQueue<OutboxEntry>({
    isWanted: (entry) => entry.place === "inside",
    wantedCount: () => this.#entries.insideCount,
  });
  /** What has left and waits for its ACK. */
  readonly unacknowledged = new UnacknowledgedCount();
  readonly #outcomes: Outcomes;
  readonly #refusedStreams = new RefusedStreams();
  #link: { settlement: Settlement; onReady: () => void; hasTaken: boolean } | undefined;
  readonly #empty = new Gate();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#deadlines = new DeadlineTimer(parts.clock, (nowMs) => this.#expire(nowMs));
    this.#outcomes = new Outcomes({ ...parts, onTold: () => this.size === 0 && this.#empty.open() });
    this.#entries = new OutboxEntries(parts.options, (entry) => this.#onAdmitted(entry));
  }

  /** Messages that are not settled. */
  get size(): number {
    return this.#entries.size + this.#outcomes.untoldCount;
  }

  send(message: MessageRequest, { deadlineAtMs, signal }: OutboxSendOptions): Promise<SendReceipt> {
    if (signal?.aborted) return Promise.reject(canceled(message, false));
    const hash = hashOf(message.messageId);
    const known = this.#entries.find(message.messageId, hash);
    if (known?.promised !== undefined) {
      return Promise.reject(new ImError("already_exists", `message ${message.messageId} is being sent already`));
    }
    const entry = known ?? createEntry(message, deadlineAtMs, hash);
    entry.promised = Promise.withResolvers();
    if (signal !== undefined) {
      onAbort(entry, signal, () => this.#settle(entry, canceled(entry.message, entry.left !== undefined)));
    }
    if (known === undefined) this.#accept(entry);
    return entry.promised.promise;
  }

  /**
   * Takes over what an earlier process left in the journal, in its order; it may have left then. A send of a message that is
   * here already, by its id, is told of its outcome.
   */
  restore(messages: readonly KeptMessage[]): void {
    // A message that a journal could not forget, and that was sent again, is there twice.
    const byId = new Map(messages.map((kept) => [kept.message.messageId, kept]));
    const kept = [...byId.values()].map(({ message, deadlineAtMs }) => {
      const entry = this.#entries.find(message.messageId) ?? createEntry(message, deadlineAtMs);
      entry.left = "acknowledged";
      entry.isReady = true;
      return entry;
    });
    this.#entries.insertFirst(kept);
    this.#deadlines.include(this.#expire(this.#parts.clock.now()));
  }

  /**
   * From now on this connection takes the messages; `onReady` is called when there is one after there was none. What left
   * before is sent again where the server dedupes, and is settled as `unknown` where it does not.
   */
  attach(settlement: Settlement, onReady: () => void): void {
    if (settlement === "written") this.#giveUpLeft("acknowledged");
    this.#link = { settlement, onReady, hasTaken: false };
    this.#unsent.replace(this.#entries.inside().filter(({ isReady }) => isReady));
    if (this.#entries.insideCount > 0) onReady();
  }

  /** The connection has come to promise more than when it attached; what left before keeps its old terms. */
  upgrade(): void {
    if (this.#link !== undefined) this.#link.settlement = "acknowledged";
  }

  /** The connection takes no more. What left on it without the promise of an ACK has no answer to come. */
  detach(why?: ImError): void {
    const taken = this.#link?.hasTaken && why !== undefined ? this.#entries.inside() : [];
    const largest = largestOf(taken.filter(({ isUnacknowledged }) => isUnacknowledged));
    this.#link = undefined;
    this.#unsent.replace([]);
    this.#giveUpLeft("written");
    const culprit = this.#refusedStreams.onEnd(largest, why);
    if (culprit !== undefined)
      this.#settle(culprit, unanswered(culprit.message, `the server ended two streams over it: ${why?.message}`));
  }

  /** The next message to write, if there is one. */
  take(): MessageRequest | undefined {
    const entry = this.#unsent.shift();
    if (entry === undefined) return undefined;
    if (this.#link !== undefined) this.#link.hasTaken = true;
    entry.left = this.#link?.settlement ?? "written";
    entry.message.ackRequired = entry.left === "acknowledged";
    if (entry.left === "acknowledged" && !entry.isUnacknowledged) {
      entry.isUnacknowledged = true;
      this.unacknowledged.add();
    }
    return entry.message;
  }

  onWritten(messageId: string): void {
    const entry = this.#entries.find(messageId);
    if (entry?.left === "written") this.#settle(entry, { messageId, delivery: "written" });
  }

  onAck(ack: AckContent): void {
    const entry = this.#entries.find(ack.originalMessageId);
    if (entry === undefined) return;
    this.#settle(entry, ack.success ? acknowledged(entry.message, ack) : rejected(entry.message, ack));
  }

  /** Settles everything: what has left as `unknown`, the rest with `reason`. */
  close(reason: ImError): void {
    this.detach();
    for (const entry of this.#entries.all()) {
      this.#settle(entry, entry.left ? unanswered(entry.message, reason.message) : reason);
    }
    this.#deadlines.stop();
    this.#deadlines.include(this.#outcomes.expire(this.#parts.clock.now()));
  }

  /** The journal does nothing more: what still waits for it is told. */
  onJournalClosed(): void {
    this.#outcomes.expire(Number.POSITIVE_INFINITY);
    this.#deadlines.stop();
  }

  /** Resolves when everything is settled. */
  whenEmpty(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : this.#empty.opened();
  }

  #giveUpLeft(settlement: Settlement): void {
    if (this.#parts.options.resendUnanswered) return;
    for (const entry of this.#entries.inside()) {
      if (entry.left === settlement) this.#settle(entry, unanswered(entry.message, "the connection broke on its way"));
    }
  }

  #accept(entry: OutboxEntry): void {
    const { whenFull } = this.#parts.options;
    this.#deadlines.include(entry.deadlineAtMs);
    if (this.#entries.add(entry)) return;
    if (whenFull === "drop-oldest") this.#dropFor(entry);
    if (whenFull === "reject") this.#settle(entry, outboxFull(this.#parts.options));
  }

  /** Gives up what is older and has not left, until there is room: not what has left, nor anything for one that never fits. */
  #dropFor(entry: OutboxEntry): void {
    if (entry.bytes > this.#parts.options.maxBytes) return;
    while (entry.place === "waiting") {
      const oldest = this.#entries.first(({ left }) => left === undefined);
      if (oldest === undefined || oldest === entry) return;
      this.#settle(oldest, expired(oldest.message, "it was dropped from the full outbox"));
    }
  }

  /** Nothing leaves before the journal has it: what may have reached the server is known after a restart. */
  #onAdmitted(entry: OutboxEntry): void {
    const { journal } = this.#parts;
    if (journal === undefined) this.#makeReady(entry);
    journal?.keep(entry.message, entry.deadlineAtMs, (error) => {
      if (error === undefined) this.#makeReady(entry);
      else this.#settle(entry, error);
    });
  }

  #makeReady(entry: OutboxEntry): void {
    entry.isReady = true;
    if (this.#link === undefined || entry.place !== "inside") return;
    if (this.#unsent.push(entry)) this.#link.onReady();
  }

  /** Once for each entry; what comes later changes nothing. */
  #settle(entry: OutboxEntry, outcome: SendReceipt | ImError): void {
    if (!this.#entries.remove(entry)) return;
    if (entry.isUnacknowledged) this.unacknowledged.remove();
    this.#outcomes.settle(entry, outcome);
    this.#entries.admitWaiting();
  }

  #expire(nowMs: number): number {
    let nextMs = this.#outcomes.expire(nowMs);
    for (const entry of this.#entries.all()) {
      if (entry.deadlineAtMs > nowMs) nextMs = Math.min(nextMs, entry.deadlineAtMs);
      else if (entry.left) this.#settle(entry, unanswered(entry.message, "no answer came within its deadline"));
      else this.#settle(entry, expired(entry.message, "no connection took it within its deadline"));
    }
    return nextMs;
  }
}
