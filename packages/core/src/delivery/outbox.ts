import type { Clock } from "@im-sdk/contracts";
import type { AckContent, MessageRequest } from "@im-sdk/gen";
import { ImError } from "../im-error.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { entryBytes, type OutboxEntry, type OutboxSendOptions, type Settlement } from "./outbox-entry.ts";
import type { OutboxOptions } from "./outbox-options.ts";
import { canceled, expired, rejected, unanswered } from "./send-errors.ts";
import { acknowledged, type SendReceipt } from "./send-receipt.ts";
import { SkippingQueue } from "./skipping-queue.ts";
import { UnacknowledgedSet } from "./unacknowledged-set.ts";

/**
 * The messages that are not settled, in order, whatever becomes of the connection. A connection attaches, takes messages,
 * and reports on them; when it breaks, those without an ACK go out again on the next one that acknowledges, before new ones.
 */
export class Outbox {
  readonly #options: Required<OutboxOptions>;
  readonly #clock: Clock;
  readonly #deadlines: DeadlineTimer;
  /** Insertion order is sending order. */
  readonly #entries = new Map<string, OutboxEntry>();
  /** Those that a full outbox keeps out, in order. */
  readonly #waiting = new Map<string, OutboxEntry>();
  #bytes = 0;
  /** What the connection has not taken yet. */
  readonly #unsent = new SkippingQueue<OutboxEntry>({
    isWanted: (entry) => this.#isUnsettled(entry),
    wantedCount: () => this.#entries.size,
  });
  #link: { settlement: Settlement; onReady: () => void } | undefined;
  #whenEmpty: (() => void)[] = [];
  readonly #unacknowledged = new UnacknowledgedSet();

  constructor(options: Required<OutboxOptions>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#deadlines = new DeadlineTimer(clock, (nowMs) => this.#expire(nowMs));
  }

  /** Messages that are not settled. */
  get size(): number {
    return this.#entries.size + this.#waiting.size;
  }

  send(message: MessageRequest, { timeoutMs, signal }: OutboxSendOptions): Promise<SendReceipt> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(canceled(message, false));
      if (this.#entries.has(message.messageId) || this.#waiting.has(message.messageId)) {
        return reject(new ImError("already_exists", `message ${message.messageId} is being sent already`));
      }
      const entry: OutboxEntry = {
        message,
        bytes: entryBytes(message),
        deadlineAtMs: this.#clock.now() + timeoutMs,
        left: undefined,
        settle: (outcome) => {
          if (!this.#remove(entry)) return;
          signal?.removeEventListener("abort", onAbort);
          if (outcome instanceof ImError) reject(outcome);
          else resolve(outcome);
          this.#admitWaiting();
        },
      };
      const onAbort = () => entry.settle(canceled(message, entry.left !== undefined));
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#deadlines.include(entry.deadlineAtMs);
      this.#accept(entry);
    });
  }

  /**
   * From now on this connection takes the messages; `onReady` is called when there is one after there was none. What left
   * before is sent again where the server dedupes, and is settled as `unknown` where it does not.
   */
  attach(settlement: Settlement, onReady: () => void): void {
    if (settlement === "written") this.#giveUpLeft("acknowledged");
    this.#link = { settlement, onReady };
    this.#unsent.replace(this.#entries.values());
    if (this.#entries.size > 0) onReady();
  }

  /** The connection has come to promise more than when it attached; what left before keeps its old terms. */
  upgrade(): void {
    if (this.#link !== undefined) this.#link.settlement = "acknowledged";
  }

  /** The connection takes no more. What left on it without the promise of an ACK has no answer to come. */
  detach(): void {
    this.#link = undefined;
    this.#unsent.replace([]);
    this.#giveUpLeft("written");
  }

  /** The next message to write, if there is one. */
  take(): MessageRequest | undefined {
    const entry = this.#unsent.shift();
    if (entry === undefined) return undefined;
    entry.left = this.#link?.settlement ?? "written";
    entry.message.ackRequired = entry.left === "acknowledged";
    if (entry.left === "acknowledged") this.#unacknowledged.add(entry);
    return entry.message;
  }

  /** What has left and waits for its ACK. */
  get unacknowledged(): UnacknowledgedSet {
    return this.#unacknowledged;
  }

  onWritten(messageId: string): void {
    const entry = this.#entries.get(messageId);
    if (entry?.left === "written") entry.settle({ messageId, delivery: "written" });
  }

  onAck(ack: AckContent): void {
    const entry = this.#entries.get(ack.originalMessageId);
    if (entry === undefined) return;
    entry.settle(ack.success ? acknowledged(entry.message, ack) : rejected(entry.message, ack));
  }

  /** Settles everything: what has left as `unknown`, the rest with `reason`. */
  close(reason: ImError): void {
    this.detach();
    for (const entry of [...this.#entries.values(), ...this.#waiting.values()]) {
      entry.settle(entry.left ? unanswered(entry.message, reason.message) : reason);
    }
    this.#deadlines.stop();
  }

  /** Resolves when everything is settled. */
  whenEmpty(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  #giveUpLeft(settlement: Settlement): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.left === settlement) entry.settle(unanswered(entry.message, "the connection broke on its way"));
    }
  }

  #accept(entry: OutboxEntry): void {
    if (this.#waiting.size === 0 && this.#hasRoom(entry)) {
      this.#enqueue(entry);
      return;
    }
    const { whenFull, maxMessages, maxBytes } = this.#options;
    this.#waiting.set(entry.message.messageId, entry);
    if (whenFull === "drop-oldest") this.#dropFor(entry);
    if (whenFull === "reject") {
      const message = `the outbox is full (${maxMessages} messages, ${maxBytes} bytes): wait for receipts`;
      entry.settle(new ImError("resource_exhausted", message, { retryable: true }));
    }
  }

  /** Gives up what is older and has not left, until there is room. What has left stays, so that a message may still wait. */
  #dropFor(entry: OutboxEntry): void {
    for (const candidates of [this.#entries, this.#waiting]) {
      for (const oldest of candidates.values()) {
        if (oldest === entry || !this.#waiting.has(entry.message.messageId)) return;
        if (oldest.left === undefined) oldest.settle(expired(oldest.message, "it was dropped from the full outbox"));
      }
    }
  }

  #hasRoom(entry: OutboxEntry): boolean {
    if (this.#entries.size === 0) return true;
    return this.#entries.size < this.#options.maxMessages && this.#bytes + entry.bytes <= this.#options.maxBytes;
  }

  #enqueue(entry: OutboxEntry): void {
    this.#entries.set(entry.message.messageId, entry);
    this.#bytes += entry.bytes;
    if (this.#link === undefined) return;
    if (this.#unsent.push(entry)) this.#link.onReady();
  }

  #admitWaiting(): void {
    for (const entry of this.#waiting.values()) {
      if (!this.#hasRoom(entry)) return;
      this.#waiting.delete(entry.message.messageId);
      this.#enqueue(entry);
    }
  }

  /** False when the entry was settled before. */
  #remove(entry: OutboxEntry): boolean {
    const { messageId } = entry.message;
    this.#unacknowledged.delete(entry);
    if (this.#isUnsettled(entry)) {
      this.#entries.delete(messageId);
      this.#bytes -= entry.bytes;
    } else if (this.#waiting.get(messageId) === entry) {
      this.#waiting.delete(messageId);
    } else {
      return false;
    }
    this.#announceEmpty();
    return true;
  }

  /** It is in the outbox, and not only waiting for room there. */
  #isUnsettled(entry: OutboxEntry): boolean {
    return this.#entries.get(entry.message.messageId) === entry;
  }

  #announceEmpty(): void {
    if (this.size > 0 || this.#whenEmpty.length === 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #expire(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const entry of [...this.#entries.values(), ...this.#waiting.values()]) {
      if (entry.deadlineAtMs > nowMs) nextMs = Math.min(nextMs, entry.deadlineAtMs);
      else if (entry.left) entry.settle(unanswered(entry.message, "no answer came within its deadline"));
      else entry.settle(expired(entry.message, "no connection took it within its deadline"));
    }
    return nextMs;
  }
}
