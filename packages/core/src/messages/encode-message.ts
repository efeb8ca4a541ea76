import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AudioContentSchema,
  type MessageRequest,
  MessageRequestSchema,
  MessageType,
  RichTextContentSchema,
} from "@im-sdk/gen";
import { ImError } from "../im-error.ts";

/** What `sendRichTextMessage` takes. */
export interface RichTextInput {
  /** The markup of `rawContent`, such as `markdown` or `html`. */
  contentType: string;
  rawContent: string;
  /** The text rendered as HTML; empty by default. */
  htmlContent?: string;
}

/** What `sendAudioMessage` takes: a recording that was uploaded before. */
export interface AudioInput {
  audioId: string;
  audioUrl?: string;
  /** Seconds. */
  duration?: number;
  format?: string;
  /** Bytes. */
  size?: number | bigint;
  transcription?: string;
}

export function encodeText(text: string): Uint8Array {
  if (typeof text !== "string") throw new ImError("invalid_argument", `text must be a string, got ${typeof text}`);
  return Buffer.from(text, "utf8");
}

export function encodeRichText(input: RichTextInput): Uint8Array {
  if (typeof input?.contentType !== "string" || input.contentType === "") {
    throw new ImError("invalid_argument", 'contentType must be the markup of rawContent, such as "markdown"');
  }
  if (typeof input.rawContent !== "string") {
    throw new ImError("invalid_argument", `rawContent must be a string, got ${typeof input.rawContent}`);
  }
  return toBinary(RichTextContentSchema, create(RichTextContentSchema, input));
}

export function encodeAudio(input: AudioInput): Uint8Array {
  if (typeof input?.audioId !== "string" || input.audioId === "") {
    throw new ImError("invalid_argument", "audioId must be the id that uploadAudio gave");
  }
  const { size = 0, ...rest } = input;
  if (typeof size === "bigint" ? BigInt.asIntN(64, size) !== size : !Number.isSafeInteger(size)) {
    throw new ImError("invalid_argument", `size must be a whole number of bytes, got ${size}`);
  }
  return toBinary(AudioContentSchema, create(AudioContentSchema, { ...rest, size: BigInt(size) }));
}

/** What `sendMessage` takes: content in the typed form of its type, or bytes for any type. */
export type SendableMessage =
  | { type: "text"; content: string }
  | { type: "rich_text"; content: RichTextInput }
  | { type: "audio"; content: AudioInput }
  | { type: MessageType; content: Uint8Array };

/** What the client says by itself; sent as a message it would get no answer and change rooms behind its back. */
const controlTypes: ReadonlySet<MessageType> = new Set([
  MessageType.ACK,
  MessageType.JOIN_ROOM,
  MessageType.LEAVE_ROOM,
  MessageType.HEARTBEAT,
]);

/** Type and bytes of a message to send; throws `invalid_argument` when the two do not fit. */
export function toContent(message: SendableMessage): { type: MessageType; content: Uint8Array } {
  switch (message?.type) {
    case "text":
      return { type: MessageType.TEXT, content: encodeText(message.content) };
    case "rich_text":
      return { type: MessageType.RICH_TEXT, content: encodeRichText(message.content) };
    case "audio":
      return { type: MessageType.AUDIO, content: encodeAudio(message.content) };
  }
  const { type, content } = message ?? {};
  if (!Number.isInteger(type) || type === MessageType.UNSPECIFIED || type !== (type | 0)) {
    throw new ImError(
      "invalid_argument",
      `type must be "text", "rich_text", "audio" or a MessageType, got ${String(type)}`,
    );
  }
  if (controlTypes.has(type)) {
    throw new ImError("invalid_argument", `type ${type} is no message: use joinRoom, leaveRoom or message.ack()`);
  }
  if (!(content instanceof Uint8Array)) {
    throw new ImError("invalid_argument", `content must be a Uint8Array for type ${type}, got ${typeof content}`);
  }
  return { type, content };
}

/** What the frame of a message holds beside who sends it. */
export interface OutgoingMessage {
  roomId: string;
  type: MessageType;
  content: Uint8Array;
  metadata: Record<string, string>;
}

/** The frame of a message to send; throws `invalid_argument` for metadata that is no text. */
export function encodeMessage(
  userId: string,
  messageId: string,
  nowMs: number,
  { roomId, type, content, metadata }: OutgoingMessage,
): MessageRequest {
  // Protobuf would send the word "undefined" or "[object Object]".
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") {
      throw new ImError("invalid_argument", `metadata "${key}" must be a string, got ${typeof value}`);
    }
  }
  return create(MessageRequestSchema, {
    messageId,
    userId,
    roomId,
    type,
    content,
    metadata,
    timestamp: timestampFromMs(nowMs),
  });
}
