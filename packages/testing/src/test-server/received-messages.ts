import { MessageType, MessageTypeSchema } from "@im-sdk/gen";
import type { Post } from "./test-room.ts";
import type { ReceivedMessage } from "./test-server.ts";
import { type Changes, tellChange } from "./wait-until.ts";

const utf8 = new TextDecoder();

/** What users sent, and which of it a test has not asked for yet. */
export class ReceivedMessages {
  readonly all: ReceivedMessage[] = [];
  readonly changes: Changes = new Set();
  readonly #left = new Set<ReceivedMessage>();

  add(messageId: string, { userId, roomId, type, content, metadata }: Post): void {
    const text = type === MessageType.TEXT ? utf8.decode(content) : "";
    const message = { messageId, userId, roomId, type, text, content, metadata };
    this.all.push(message);
    this.#left.add(message);
    tellChange(this.changes);
  }

  /** The first that matches and was not taken before. */
  take(predicate: (message: ReceivedMessage) => boolean): ReceivedMessage | undefined {
    const found = [...this.#left].find(predicate);
    if (found !== undefined) this.#left.delete(found);
    return found;
  }

  /** What is left, in words. */
  describe(): string {
    const lines = [...this.#left].map(
      ({ userId, roomId, type, text }) =>
        `${userId} in ${roomId}: ${text === "" ? (MessageTypeSchema.value[type]?.localName ?? type) : text}`,
    );
    return lines.length === 0 ? "nothing else came" : `what came: ${lines.join("; ")}`;
  }
}
