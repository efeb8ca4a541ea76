import type { MessageResponse } from "@im-sdk/gen";
import type { ImError } from "../im-error.ts";
import { decodeMessage } from "../messages/decode-message.ts";
import type { Accepted } from "./accepted.ts";
import type { Gap } from "./gap.ts";
import { Gate } from "./gate.ts";
import { InboxDelivery } from "./inbox-delivery.ts";
import { resolveMessagesOptions } from "./inbox-options.ts";
import type { MessageConsumer } from "./message-consumer.ts";
import { MessageIterator } from "./message-iterator.ts";
import type { RoomPositions } from "./room-positions.ts";

export interface InboxParts {
  positions: RoomPositions;
  /** A loop over messages was too slow for some of them. */
  onGap(gap: Gap): void;
  /** Whether a message is acknowledged by being handed to a consumer, or by the handler's call of `ack()`. */
  acknowledge: "automatic" | "manual";
  /** Resolves when the positions so far are kept: nothing is handed out before. Absent when nothing keeps them. */
  positionsKept?: (() => Promise<void>) | undefined;
}

/** Held for consumers at the most, roughly: one message more may come on top. */
const maxHeldBytes = 16 * 1024 * 1024;

/** Messages without an acknowledgement of their handler at the most, when it is to give one. */
const maxOpenMessages = 10_000;

/** What a message costs beside its content, roughly. */
const frameOverheadBytes = 512;

/** Gives accepted messages to everybody who consumes them, and knows how much is held for them. */
export class Inbox {
  readonly #parts: InboxParts;
  /** Replaced as a whole, so that who is handed a message may come and go meanwhile. */
  #consumers: readonly MessageConsumer[] = [];
  #heldBytes = 0;
  readonly #room = new Gate();
  readonly #fewerOpen = new Gate();
  #isCrowded = false;
  #isClosed = false;
  #gaveUp: ImError | undefined;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** Nothing new should come before {@link untilRoom}. */
  get isFull(): boolean {
    return this.#holdsTooMuch || this.#hasTooManyOpen;
  }

  add(consumer: MessageConsumer): void {
    this.#consumers = [...this.#consumers, consumer];
  }

  /** Messages from now on, of one room or all, until the loop is left, the signal aborts or the inbox closes. */
  iterate(roomId?: string, signal?: AbortSignal, bounds = resolveMessagesOptions()): MessageIterator {
    const end = () => iterator.end();
    const onEnd = () => {
      signal?.removeEventListener("abort", end);
      this.#consumers = this.#consumers.filter((consumer) => consumer !== iterator);
    };
    const iterator = new MessageIterator(roomId, onEnd, {
      ...bounds,
      onGap: this.#parts.onGap,
      onCrowded: this.onCrowded,
    });
    this.add(iterator);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted || this.#isClosed) iterator.end();
    else if (this.#gaveUp !== undefined) iterator.end(this.#gaveUp);
    return iterator;
  }

  /** Ends the consumers, now and to come. */
  close(): void {
    this.#isClosed = true;
    // What nobody has begun with is for the next process, where there is one.
    const isLeftBehind = this.#parts.positionsKept !== undefined;
    for (const consumer of this.#consumers) consumer.end(undefined, isLeftBehind);
  }

  /** No connection comes any more: loops over messages throw the reason, until there is a connection again. */
  giveUp(error: ImError): void {
    this.#gaveUp = error;
    for (const consumer of this.#consumers) consumer.end(error);
  }

  onConnected(): void {
    this.#gaveUp = undefined;
  }

  /** Hands a message out; `answer` tells the server that it was handled. A promise asks for a pause until it resolves. */
  deliver(frame: MessageResponse, accepted: Accepted, answer: () => void): Promise<void> | undefined {
    const ack =
      this.#parts.acknowledge === "automatic"
        ? answer
        : () => {
            this.#acknowledge(accepted);
            answer();
          };
    const delivery = new InboxDelivery({
      message: decodeMessage(frame, ack),
      begin: this.#beginning(frame, accepted),
      accepted,
      answer,
      consumerCount: this.#consumers.length,
      onDone: this.#onDone,
    });
    this.#heldBytes += heldBytes(frame);
    let wait: Promise<void> | undefined;
    for (const consumer of this.#consumers) {
      const pause = consumer.push(delivery);
      if (pause !== undefined) wait = wait === undefined ? pause : Promise.all([wait, pause]).then(() => undefined);
    }
    if (wait !== undefined || this.#holdsTooMuch) return wait ?? this.#room.opened();
    const { isObsolete } = accepted;
    // One that comes again is open already; more of them may be what the handler is to acknowledge.
    return this.#hasTooManyOpen && isObsolete === undefined ? this.#fewerOpen.opened() : undefined;
  }

  /** A consumer has much to take. */
  readonly onCrowded = (): void => {
    this.#isCrowded = true;
  };

  /** The consumers should get a turn before the next message comes. Asked once for each time. */
  takeCrowded(): boolean {
    const isCrowded = this.#isCrowded;
    this.#isCrowded = false;
    return isCrowded;
  }

  /** Resolves once half of what is exceeded is free. */
  async untilRoom(): Promise<void> {
    if (this.#holdsTooMuch) await this.#room.opened();
    else if (this.#hasTooManyOpen) await this.#fewerOpen.opened();
  }

  /** To be called when less is held or fewer are open. */
  checkRoom(): void {
    if (this.#heldBytes <= maxHeldBytes / 2) this.#room.open();
    if (this.#parts.positions.openCount <= maxOpenMessages / 2) this.#fewerOpen.open();
  }

  get #holdsTooMuch(): boolean {
    return this.#heldBytes > maxHeldBytes;
  }

  get #hasTooManyOpen(): boolean {
    return this.#parts.positions.openCount >= maxOpenMessages;
  }

  /** All consumers are done with it. */
  readonly #onDone = ({ message, accepted, answer, outcome }: InboxDelivery): void => {
    const isManual = this.#parts.acknowledge === "manual";
    this.#heldBytes -= heldBytes(message.raw);
    if (!isManual && outcome === "handled") answer();
    // What nobody wants, and what is left of a loop that was left, is not waited for.
    if (outcome === "skipped" || (outcome === "dropped" && !isManual && !this.#isClosed)) accepted.acknowledge();
    accepted.onDone();
    this.checkRoom();
  };

  #acknowledge(accepted: Accepted): void {
    accepted.acknowledge();
    this.checkRoom();
  }

  /** What is to be waited for before the first consumer sees the message: that it will not be given again after a restart. */
  #beginning({ sequence }: MessageResponse, accepted: Accepted): (() => Promise<void>) | undefined {
    const { acknowledge: mode, positionsKept } = this.#parts;
    if (positionsKept === undefined || mode === "manual" || sequence === 0n) return undefined;
    return () => {
      this.#acknowledge(accepted);
      return positionsKept();
    };
  }
}

function heldBytes({ content }: MessageResponse): number {
  return content.byteLength + frameOverheadBytes;
}
