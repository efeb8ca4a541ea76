import { create, toBinary } from "@bufbuild/protobuf";
import { AudioContentSchema, MessageType, RichTextContentSchema } from "@im-sdk/gen";
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

function encodeText(text: string): Uint8Array {
  if (typeof text !== "string") throw new ImError("invalid_argument", `text must be a string, got ${typeof text}`);
  return Buffer.from(text, "utf8");
}

function encodeRichText(input: RichTextInput): Uint8Array {
  if (typeof input?.contentType !== "string" || input.contentType === "") {
    throw new ImError("invalid_argument", 'contentType must be the markup of rawContent, such as "markdown"');
  }
  if (typeof input.rawContent !== "string") {
    throw new ImError("invalid_argument", `rawContent must be a string, got ${typeof input.rawContent}`);
  }
  return toBinary(RichTextContentSchema, create(RichTextContentSchema, input));
}

function encodeAudio(input: AudioInput): Uint8Array {
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

/** The bytes of a message to send; throws `invalid_argument` when they do not fit its type. */
export function contentOf(message: SendableMessage): Uint8Array {
  switch (message?.type) {
    case "text":
      return encodeText(message.content);
    case "rich_text":
      return encodeRichText(message.content);
    case "audio":
      return encodeAudio(message.content);
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
  return content;
}

const typesByName = { text: MessageType.TEXT, rich_text: MessageType.RICH_TEXT, audio: MessageType.AUDIO };

/** The type of a message that {@link contentOf} takes. */
export function typeOf({ type }: SendableMessage): MessageType {
  return typeof type === "string" ? typesByName[type] : type;
}

/** A copy of the metadata to send, which interceptors may add to; throws `invalid_argument` for what is no text. */
export function metadataOf(metadata: Record<string, string> | undefined): Record<string, string> {
  if (metadata === undefined) return {};
  for (const [key, value] of Object.entries(metadata)) {
    // Protobuf would send the word "undefined" or "[object Object]".
    if (typeof value !== "string") {
      throw new ImError("invalid_argument", `metadata "${key}" must be a string, got ${typeof value}`);
    }
  }
  return { ...metadata };
}
