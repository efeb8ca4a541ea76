import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import {
  AudioContentSchema,
  type MessageResponse,
  MessageType,
  RichTextContentSchema,
  SystemContentSchema,
} from "@im-sdk/gen";
import type { ImMessage } from "./im-message.ts";

/** A received frame as a typed message. Content that cannot be read makes it `unknown`, never an error. */
export function decodeMessage(frame: MessageResponse, ack: () => void): ImMessage {
  const { messageId: id, roomId, fromUserId, metadata, sequence, epoch } = frame;
  const timestamp = toDate(frame.timestamp);
  const base =
    sequence === 0n
      ? { id, roomId, fromUserId, timestamp, metadata, raw: frame, ack }
      : { id, roomId, fromUserId, timestamp, metadata, sequence, epoch, raw: frame, ack };
  switch (frame.type) {
    case MessageType.TEXT:
      return { ...base, type: "text", text: toText(frame.content) };
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

function toDate(timestamp: Timestamp | undefined): Date | undefined {
  if (timestamp === undefined) return undefined;
  const date = timestampDate(timestamp);
  // Beyond what a Date can hold.
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function toText(content: Uint8Array): string {
  const bytes =
    content instanceof Buffer ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return bytes.toString("utf8");
}

function parse<Desc extends DescMessage>(schema: Desc, content: Uint8Array): MessageShape<Desc> | undefined {
  try {
    return fromBinary(schema, content);
  } catch {
    return undefined;
  }
}
