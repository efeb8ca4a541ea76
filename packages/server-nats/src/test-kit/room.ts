import { create } from "@bufbuild/protobuf";
import { systemClock } from "@im-sdk/contracts";
import { type MessageResponse, MessageResponseSchema, MessageType } from "@im-sdk/gen";
import type { RoomLog, RoomLogOptions } from "@im-sdk/server";

const nobody = () => {};

/** What a server tells its logs by default, with other bounds where given. */
export function logOptions(retention: Partial<RoomLogOptions["retention"]> = {}): RoomLogOptions {
  return {
    retention: {
      maxMessages: 100_000,
      maxBytes: 256 * 1024 * 1024,
      ttlMs: 24 * 60 * 60 * 1000,
      duplicateWindowMs: 15 * 60 * 1000,
      maxDuplicateIds: 100_000,
      ...retention,
    },
    clock: systemClock,
    logger: { error: nobody, warn: nobody, info: nobody, debug: nobody },
  };
}

export function messageOf(text: string, fromUserId = "alice"): MessageResponse {
  const content = new TextEncoder().encode(text);
  const fields = { messageId: text, fromUserId, roomId: "r", type: MessageType.TEXT, content };
  return create(MessageResponseSchema, fields);
}

/** Ids of all messages that a log holds, in order. */
export async function idsOf(log: RoomLog): Promise<string[]> {
  const ids: string[] = [];
  let after = 0n;
  for (;;) {
    const entries = await log.read({ after, limit: 1_000 });
    const last = entries.at(-1);
    if (last === undefined) return ids;
    ids.push(...entries.map(({ message }) => message.messageId));
    after = last.message.sequence;
  }
}

/** All that a log tells from now on, by whichever server it comes. */
export async function toldBy(log: RoomLog) {
  const told: MessageResponse[] = [];
  log.follow(({ message }) => told.push(message));
  // Until it has answered, another server's may have come before.
  await log.head();
  return {
    told,
    get ids(): string[] {
      return told.map(({ messageId }) => messageId);
    },
    /** Done when a message with this id was told. */
    async until(messageId: string): Promise<void> {
      while (told.every((message) => message.messageId !== messageId)) await new Promise(setImmediate);
    },
  };
}
