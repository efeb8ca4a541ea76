import type { AudioContent, MessageResponse, RichTextContent } from "@im-sdk/gen";

interface ImMessageBase {
  readonly id: string;
  readonly roomId: string;
  /** Empty for messages of the server itself. */
  readonly fromUserId: string;
  /** When the server took the message; undefined when it does not say. */
  readonly timestamp: Date | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** Position in the room's log, where the server tells it. */
  readonly sequence?: bigint;
  /** Incarnation of the room's log, where the server tells it. */
  readonly epoch?: string;
  /** The protobuf message as it came. */
  readonly raw: MessageResponse;
  /**
   * Says that the message has been handled. With `acknowledge: "manual"` it counts as read by this, and comes again without it;
   * else it is only needed to answer one that asks for an acknowledgement (`raw.ackRequired`) before the handler is done. A
   * second call does nothing.
   */
  ack(): void;
}

export interface TextMessage extends ImMessageBase {
  readonly type: "text";
  readonly text: string;
}

export interface AudioMessage extends ImMessageBase {
  readonly type: "audio";
  readonly audio: AudioContent;
}

export interface RichTextMessage extends ImMessageBase {
  readonly type: "rich_text";
  readonly richText: RichTextContent;
}

export interface SystemMessage extends ImMessageBase {
  readonly type: "system";
  /** Such as `user_joined`, `user_left`, `room_created`. */
  readonly eventType: string;
  readonly eventData: Readonly<Record<string, string>>;
}

/** Frames that a plain server hands on; this client consumes those that answer its own. */
export interface ControlMessage extends ImMessageBase {
  readonly type: "ack" | "join_room" | "leave_room";
}

/** A type that this version does not know, or content that is not what its type says. */
export interface UnknownMessage extends ImMessageBase {
  readonly type: "unknown";
  readonly content: Uint8Array;
}

/** A received message, told apart by `type`. */
export type ImMessage = TextMessage | AudioMessage | RichTextMessage | SystemMessage | ControlMessage | UnknownMessage;
