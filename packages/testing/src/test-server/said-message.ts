import { MessageType } from "@im-sdk/gen";
import type { Post } from "./test-room.ts";
import type { SaidMessage } from "./test-server.ts";

const utf8 = new TextEncoder();

/** What `say` was told, as a message of a user. */
export function toPost(roomId: string, said: string | SaidMessage, userId: string): Post {
  const {
    type = MessageType.TEXT,
    text = "",
    metadata = {},
    messageId = "",
    ackRequired = false,
    content,
  } = typeof said === "string" ? { text: said } : said;
  return {
    messageId,
    userId,
    roomId,
    type,
    content: content ?? utf8.encode(text),
    metadata: { ...metadata },
    ackRequired,
  };
}
