import { toJson } from "@bufbuild/protobuf";
import type { ImMessage } from "@im-sdk/core";
import { AudioContentSchema, RichTextContentSchema } from "@im-sdk/gen";

/** A message as an object for JSON: what all have, and what its type has. */
export function messageValue(message: ImMessage): object {
  const { id, roomId, fromUserId, type, timestamp, sequence, epoch, metadata } = message;
  return { type, id, roomId, fromUserId, timestamp, sequence, epoch, ...contentOf(message), metadata };
}

function contentOf(message: ImMessage): object {
  switch (message.type) {
    case "text":
      return { text: message.text };
    case "audio":
      return { audio: toJson(AudioContentSchema, message.audio, { alwaysEmitImplicit: true }) };
    case "rich_text":
      return { richText: toJson(RichTextContentSchema, message.richText, { alwaysEmitImplicit: true }) };
    case "system":
      return { eventType: message.eventType, eventData: message.eventData };
    case "unknown":
      return { contentBase64: Buffer.from(message.content).toString("base64") };
    default:
      return {};
  }
}
