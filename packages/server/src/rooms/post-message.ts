import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type MessageResponse, MessageResponseSchema, MessageType } from "@im-sdk/gen";
import { v7 as uuid } from "uuid";
import { checkId, requireId } from "../identity/caller.ts";
import { payloadBytes } from "../log/message-bytes.ts";
import type { Appended } from "../log/room-log.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { ServiceContext } from "../service-context.ts";
import { refuseMuted, requireAudio, requireRichText } from "./room-rules.ts";

/** A message that a user wants in a room. */
export interface Post {
  /** Empty lets the server make one. */
  readonly messageId: string;
  readonly userId: string;
  readonly roomId: string;
  readonly type: MessageType;
  readonly content: Uint8Array;
  readonly metadata: Record<string, string>;
  /** Receivers are asked for an ACK frame. */
  readonly ackRequired: boolean;
}

/** A message that is on its way into the log. */
export interface Posted {
  readonly messageId: string;
  readonly appended: MaybePromise<Appended>;
  /** The room was not open here: if its log held nothing either, the message has made it. */
  readonly opened: boolean;
}

/** The message made its room: a room that a storage has kept is only opened by it. */
export function madeRoom({ opened }: Posted, { sequence, duplicate }: Appended): boolean {
  return opened && sequence === 1n && !duplicate;
}

/**
 * Checks a message and hands it to its room's log, which delivers it; the room is made when it is not there. One copy is
 * kept of messages of a user that share an id. Throws the refusal as a ConnectError.
 */
export function postMessage(context: ServiceContext, post: Post): Posted {
  const { limits } = context.options;
  requireId("room_id", post.roomId, limits.maxIdLength);
  checkId("message_id", post.messageId, limits.maxIdLength);
  requirePostable(post.type);
  const bytes = payloadBytes(post);
  if (bytes > limits.maxMessageBytes) {
    const message = `content and metadata have ${bytes} bytes: want at most ${limits.maxMessageBytes}`;
    throw new ConnectError(message, Code.ResourceExhausted);
  }
  const options = context.rooms.optionsOf(post.roomId);
  refuseMuted(options, post.roomId, post.userId);
  if (post.type === MessageType.AUDIO) requireAudio(options, post.roomId);
  if (post.type === MessageType.RICH_TEXT) requireRichText(options, post.roomId);
  refuseTooFast(context.rateLimiter.take(post.userId));

  const { room, created } = context.rooms.open(post.roomId);
  const messageId = post.messageId === "" ? uuid() : post.messageId;
  // A plain server does not promise one copy.
  const key = post.messageId === "" || context.plain ? undefined : messageId;
  return { messageId, appended: room.post(toFrame(post, messageId), key), opened: created };
}

function toFrame(post: Post, messageId: string): MessageResponse {
  const { userId, roomId, type, content, metadata, ackRequired } = post;
  return create(MessageResponseSchema, { messageId, fromUserId: userId, roomId, type, content, metadata, ackRequired });
}

function requirePostable(type: MessageType): void {
  switch (type) {
    case MessageType.TEXT:
    case MessageType.AUDIO:
    case MessageType.RICH_TEXT:
      return;
    case MessageType.SYSTEM:
      throw new ConnectError("type is SYSTEM: only the server tells those", Code.PermissionDenied);
    default:
      throw new ConnectError(`type is ${type}: want TEXT, AUDIO or RICH_TEXT`, Code.InvalidArgument);
  }
}

/** Both forms in which a client may read how long to wait: gRPC's pushback, and our own ACK by way of it. */
function refuseTooFast(retryAfterMs: number): void {
  if (retryAfterMs === 0) return;
  const metadata = { "grpc-retry-pushback-ms": String(retryAfterMs) };
  throw new ConnectError(`too many messages: retry in ${retryAfterMs} ms`, Code.ResourceExhausted, metadata);
}
