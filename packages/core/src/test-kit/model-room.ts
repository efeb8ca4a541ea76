import { create } from "@bufbuild/protobuf";
import { type MessageResponse, MessageResponseSchema, MessageType } from "@im-sdk/gen";

/** A room as a server should keep it, in the plainest words: one copy of an id, positions that only grow, a log that may be lost. */
export class ModelRoom {
  readonly id: string;
  epoch = "e1";
  head = 0n;
  /** Everything up to here is no longer kept. */
  floor = 0n;
  #log: MessageResponse[] = [];
  /** Every id that was ever stored, in order; over all epochs. */
  readonly storedIds: string[] = [];

  constructor(id: string) {
    this.id = id;
  }

  /** Where the message is, stored now or before. */
  post(messageId: string, fromUserId = "ann"): { epoch: string; sequence: bigint } {
    const known = this.#log.find((message) => message.messageId === messageId);
    if (known !== undefined) return known;
    const message = create(MessageResponseSchema, {
      messageId,
      fromUserId,
      roomId: this.id,
      type: MessageType.TEXT,
      content: Buffer.from(messageId),
      epoch: this.epoch,
      previousSequence: this.head,
      sequence: ++this.head,
    });
    this.#log.push(message);
    this.storedIds.push(messageId);
    return message;
  }

  /** What is kept after a position. */
  after(sequence: bigint): MessageResponse[] {
    return this.#log.filter((message) => message.sequence > sequence && message.sequence > this.floor);
  }

  /** Retention: only the newest stay to be read. Their ids are remembered. */
  trim(keep: number): void {
    const floor = this.head - BigInt(keep);
    if (floor > this.floor) this.floor = floor;
  }

  /** The log is gone, and another begins. */
  loseLog(): void {
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
    this.head = this.floor = 0n;
    this.#log = [];
  }
}
