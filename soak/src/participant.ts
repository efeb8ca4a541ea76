import { setTimeout as delay, setImmediate } from "node:timers/promises";
import { ImClient, ImError, type ImMessage } from "@im-sdk/core";
import type { Ledger } from "./ledger.ts";
import { lastWord, MessagePlan, type PlannedMessage } from "./message-plan.ts";
import type { Random } from "./random.ts";
import { type Outcome, outcomes } from "./sent-message.ts";
import { watchOutgoing } from "./watch-outgoing.ts";

/** Unsettled messages of a client at the most. */
const maxInFlight = 300;

export interface ParticipantOptions {
  readonly userId: string;
  readonly rooms: readonly string[];
  readonly address: string;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly onAcknowledged: () => void;
}

/** A client that talks in all rooms of its server, and writes everything that it does and hears into the ledger. */
export class Participant {
  readonly client: ImClient;
  /** Connections after the first. */
  reconnects = 0;
  readonly #options: ParticipantOptions;
  readonly #plan: MessagePlan;
  #count = 0;
  #inFlight = 0;

  /** `index` chooses the way in which it receives. */
  constructor(index: number, options: ParticipantOptions) {
    const { userId, rooms, address, ledger, random } = options;
    this.#options = options;
    this.#plan = new MessagePlan(random, rooms);
    this.client = new ImClient({
      userId,
      services: [address],
      maxRetries: Number.POSITIVE_INFINITY,
      retryIntervalMs: 50,
      connectTimeoutMs: 2_000,
      heartbeatIntervalMs: 400,
      heartbeatTimeoutMs: 600,
      interceptors: [watchOutgoing((messageId) => ledger.left(messageId))],
    });
    this.client
      .on("gap", (gap) => ledger.told(userId, gap))
      .on("error", (error) => ledger.failed(`${userId}: ${error.message}`))
      .on("connect", () => this.reconnects++);
    this.#receiveBy(index);
  }

  /** Connects and joins its rooms. */
  async enter(): Promise<void> {
    await this.client.connect();
    for (const roomId of this.#options.rooms) await this.client.joinRoom(roomId);
    this.reconnects = 0;
  }

  /** Resolves when the connection is lost, or the signal aborts. */
  async disconnected(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => resolve();
    this.client.once("disconnect", done);
    signal.addEventListener("abort", done, { once: true });
    await promise;
    this.client.off("disconnect", done);
    signal.removeEventListener("abort", done);
  }

  /** Sends bursts of messages until the signal aborts. */
  async talk(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (let left = this.#plan.burst(); left > 0 && this.#inFlight < maxInFlight; left--)
        this.#send(this.#plan.next());
      await delay(this.#plan.pauseMs(), undefined, { signal }).catch(() => {});
    }
  }

  /** Says a last word in every room; resolves when all that it has said is settled. */
  async finish(): Promise<void> {
    for (const roomId of this.#options.rooms) this.#send(lastWord(roomId));
    await this.client.drain({ timeoutMs: 3_600_000 });
  }

  #send({ roomId, text, timeoutMs, cancelAfterMs, isRefused, expected }: PlannedMessage): void {
    const { userId, ledger } = this.#options;
    const id = `${userId}-${this.#count++}`;
    const cancel = new AbortController();
    const options = { messageId: id, timeoutMs, signal: cancel.signal };
    this.#inFlight++;
    ledger.sent({ id, from: userId, roomId, deadlineAtMs: performance.now() + timeoutMs, expected });
    const sending = isRefused
      ? this.client.sendRichTextMessage(roomId, { contentType: "markdown", rawContent: text }, options)
      : this.client.sendTextMessage(roomId, text, options);
    if (cancelAfterMs === 0) cancel.abort();
    const timer = cancelAfterMs === undefined ? undefined : setTimeout(() => cancel.abort(), cancelAfterMs);
    sending
      .then(
        (receipt) => {
          if (receipt.delivery !== "acknowledged") return ledger.failed(`${id} was only ${receipt.delivery}`);
          const { epoch, sequence } = receipt;
          ledger.settled(id, "acknowledged", performance.now(), { epoch, sequence });
          this.#options.onAcknowledged();
        },
        async (error: unknown) => {
          const settledAtMs = performance.now();
          // What left in the same turn has left before; whoever watches that may be told a moment later.
          await setImmediate();
          ledger.settled(id, this.#outcomeOf(id, error), settledAtMs);
        },
      )
      .finally(() => {
        this.#inFlight--;
        clearTimeout(timer);
      });
  }

  #outcomeOf(id: string, error: unknown): Outcome {
    const code = error instanceof ImError ? error.code : undefined;
    const outcome = outcomes.find((each) => each === code);
    if (outcome === undefined) this.#options.ledger.failed(`${id}: ${error}`);
    return outcome ?? "unknown";
  }

  #receiveBy(index: number): void {
    const take = (message: ImMessage) => this.#take(message);
    let handled = 0;
    const ways = [
      () => this.client.on("message", take),
      // A handler that takes its time, now and then enough of it for the stream to be paused.
      () =>
        this.client.on("message", async (message) => {
          take(message);
          await (++handled % 500 === 0 ? delay(50) : setImmediate());
        }),
      () => void this.#loop(take),
    ];
    ways[index % ways.length]?.();
  }

  async #loop(take: (message: ImMessage) => void): Promise<void> {
    try {
      for await (const message of this.client.messages()) take(message);
    } catch (error) {
      this.#options.ledger.failed(`${this.#options.userId}: the loop over messages threw ${error}`);
    }
  }

  #take({ type, id, fromUserId: from, roomId, sequence, epoch }: ImMessage): void {
    const { userId, ledger } = this.#options;
    if (type === "system") return;
    if (sequence === undefined || epoch === undefined) {
      ledger.failed(`${userId}: ${type} ${id} has no position`);
    } else {
      ledger.received(userId, { id, from, roomId, position: { epoch, sequence } });
    }
  }
}
