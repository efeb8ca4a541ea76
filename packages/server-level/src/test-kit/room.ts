import { create } from "@bufbuild/protobuf";
import { systemClock } from "@im-sdk/contracts";
import { type MessageResponse, MessageResponseSchema, MessageType } from "@im-sdk/gen";
import type { RoomLog, RoomLogOptions } from "@im-sdk/server";

const nobody = () => {};

/** What a server tells its logs by default, with other bounds and another clock where given. */
export function logOptions(retention: Partial<RoomLogOptions["retention"]> = {}, clock = systemClock): RoomLogOptions {
  return {
    retention: {
      maxMessages: 10_000,
      maxBytes: 16 * 1024 * 1024,
      ttlMs: 24 * 60 * 60 * 1000,
      duplicateWindowMs: 15 * 60 * 1000,
      maxDuplicateIds: 100_000,
      ...retention,
    },
    clock,
    logger: { error: nobody, warn: nobody, info: nobody, debug: nobody },
  };
}

export function messageOf(text: string, fromUserId = "alice"): MessageResponse {
  const content = new TextEncoder().encode(text);
  const fields = { messageId: text, fromUserId, roomId: "r", type: MessageType.TEXT, content };
  return create(MessageResponseSchema, fields);
}

/** What a log holds, as texts with their positions and those before them. */
export async function contentsOf(log: RoomLog): Promise<[string, bigint, bigint][]> {
  const entries = await log.read({ after: 0n, limit: 100_000 });
  return entries.map(({ message: { content, sequence, previousSequence } }) => [
    new TextDecoder().decode(content),
    sequence,
    previousSequence,
  ]);
}
