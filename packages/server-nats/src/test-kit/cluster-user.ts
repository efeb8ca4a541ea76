import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Gap, ImClient, type ImClientOptions, ImError, type SendReceipt } from "@im-sdk/core";

/** A user in a room of a cluster, with all that it was given and told. */
export class ClusterUser implements AsyncDisposable {
  readonly client: ImClient;
  /** Texts that came, in order, with their positions. */
  readonly heard: { readonly id: string; readonly sequence: bigint | undefined; readonly epoch: string | undefined }[] =
    [];
  readonly gaps: Gap[] = [];
  readonly roomId: string;
  readonly receipts: SendReceipt[] = [];
  #waiting: { count: number; resolve: () => void } | undefined;

  constructor(userId: string, roomId: string, options: Partial<ImClientOptions>) {
    this.roomId = roomId;
    this.client = new ImClient({
      userId,
      defaultRoomId: roomId,
      maxRetries: Number.POSITIVE_INFINITY,
      retryIntervalMs: 50,
      requestTimeoutMs: 300_000,
      outbox: { maxAgeMs: 600_000 },
      ...options,
    });
    this.client.on("gap", (gap) => this.gaps.push(gap));
    this.client.on("message", ({ type, id, sequence, epoch }) => {
      if (type !== "text") return;
      this.heard.push({ id, sequence, epoch });
      if (this.#waiting !== undefined && this.heard.length >= this.#waiting.count) this.#waiting.resolve();
    });
  }

  /** Sends messages as long as that is wanted, twenty at a time at the most; tells each receipt. */
  async say(isWanted: () => boolean, onReceipt: () => void): Promise<void> {
    let next = 0;
    const speak = async () => {
      while (isWanted()) {
        this.receipts.push(await this.#send(`${next++}`));
        onReceipt();
      }
    };
    await Promise.all(Array.from({ length: 20 }, speak));
  }

  /** What is refused for now, since NATS is away for longer than a server waits, is tried again under its id. */
  async #send(text: string): Promise<SendReceipt> {
    const messageId = randomUUID();
    for (;;) {
      try {
        return await this.client.sendTextMessage(this.roomId, text, { messageId });
      } catch (error) {
        if (!(error instanceof ImError) || error.retryAfterMs === undefined) throw error;
        await delay(error.retryAfterMs);
      }
    }
  }

  /** Resolves once so many texts have come. */
  async hasHeard(count: number): Promise<void> {
    if (this.heard.length >= count) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { count, resolve };
    await promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client.disconnect({ timeoutMs: 1 });
  }
}
