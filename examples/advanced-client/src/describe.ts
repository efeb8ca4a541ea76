import type { ImMessage } from "@im-sdk/core";

/** A message in one line: its `type` tells which fields it has. */
export function describe(message: ImMessage): string {
  const mood = message.metadata.mood === undefined ? "" : ` (${message.metadata.mood})`;
  switch (message.type) {
    case "text":
      return `${message.fromUserId}: ${message.text}${mood}`;
    case "rich_text":
      return `${message.fromUserId}: ${message.richText.rawContent} [${message.richText.contentType}]`;
    case "audio":
      return `${message.fromUserId}: ${message.audio.duration} s of ${message.audio.format}`;
    case "system":
      return `${message.eventType} ${message.eventData.user_id}`;
    default:
      return `a message of type ${message.type}`;
  }
}
