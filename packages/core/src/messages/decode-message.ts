import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import {
  AudioContentSchema,
  type MessageResponse,
  MessageType,
  RichTextContentSchema,
  SystemContentSchema,
} from "@im-sdk/gen";
import type { ImMessage } from "./im-message.ts";
import { toDate } from "./timestamps.ts";

/** A received frame as a typed message. Content that cannot be read makes it `unknown`, never an error. */
export function decodeMessage(frame: MessageResponse, ack: () => void): ImMessage {
  const { messageId: id, roomId, fromUserId, metadata, sequence, epoch } = frame;
  const timestamp = toDate(frame.timestamp);
  if (frame.type === MessageType.TEXT) {
    // Written out, since most messages are texts.
    const text = toText(frame.content);
    return sequence === 0n
      ? { id, roomId, fromUserId, timestamp, metadata, raw: frame, ack, type: "text", text }
      : { id, roomId, fromUserId, timestamp, metadata, sequence, epoch, raw: frame, ack, type: "text", text };
  }
  const position = sequence === 0n ? undefined : { sequence, epoch };
  const base = { id, roomId, fromUserId, timestamp, metadata, ...position, raw: frame, ack };
  switch (frame.type) {
    case MessageType.AUDIO: {
      const audio = parse(AudioContentSchema, frame.content);
      if (audio !== undefined) return { ...base, type: "audio", audio };
      break;
    }
    case MessageType.RICH_TEXT: {
      const richText = parse(RichTextContentSchema, frame.content);
      if (richText !== undefined) return { ...base, type: "rich_text", richText };
      break;
    }
    case MessageType.SYSTEM: {
      const system = parse(SystemContentSchema, frame.content);
      if (system !== undefined) {
        return { ...base, type: "system", eventType: system.eventType, eventData: system.eventData };
      }
      break;
    }
    case MessageType.ACK:
      return { ...base, type: "ack" };
    case MessageType.JOIN_ROOM:
      return { ...base, type: "join_room" };
    case MessageType.LEAVE_ROOM:
      return { ...base, type: "leave_room" };
  }
  return { ...base, type: "unknown", content: frame.content };
}

function toText(content: Uint8Array): string {
  const bytes =
    content instanceof Buffer ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return bytes.toString();
}

function parse<Desc extends DescMessage>(schema: Desc, content: Uint8Array): MessageShape<Desc> | undefined {
  try {
    return fromBinary(schema, content);
  } catch {
    return undefined;
  }
}
