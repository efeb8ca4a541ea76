import { Code, ConnectError } from "@connectrpc/connect";
import { MessageType } from "@im-sdk/gen";
import type { AudioShelf } from "./audio-shelf.ts";
import type { MemberStreams } from "./member-streams.ts";
import type { ReceivedMessages } from "./received-messages.ts";
import type { Script } from "./script.ts";
import type { Post } from "./test-room.ts";

/** What the handlers of calls work on. */
export interface ServerParts {
  readonly streams: MemberStreams;
  readonly messages: ReceivedMessages;
  readonly audio: AudioShelf;
  readonly script: Script;
  readonly extensions: boolean;
}

/** Takes a user's message: checks, stores, delivers and notes it. Throws the refusal as a ConnectError. */
export function takePost({ streams, messages, script, extensions }: ServerParts, post: Post) {
  requireIds(post);
  requirePostable(post.type);
  const rejection = script.takeRejection();
  if (rejection !== undefined) throw rejection;
  // A plain server does not promise one copy.
  const { message, duplicate } = streams.rooms.open(post.roomId).post(post, extensions);
  if (!duplicate) messages.add(message.messageId, post);
  return message;
}

/** Throws INVALID_ARGUMENT that names the field that is empty. */
export function requireIds({ userId, roomId }: { readonly userId: string; readonly roomId: string }): void {
  if (userId === "") throw new ConnectError("user_id is empty", Code.InvalidArgument);
  if (roomId === "") throw new ConnectError("room_id is empty", Code.InvalidArgument);
}

function requirePostable(type: MessageType): void {
  if (type === MessageType.SYSTEM) throw new ConnectError("only the server tells SYSTEM", Code.PermissionDenied);
  if (type === MessageType.TEXT || type === MessageType.AUDIO || type === MessageType.RICH_TEXT) return;
  throw new ConnectError(`type is ${type}: want TEXT, AUDIO or RICH_TEXT`, Code.InvalidArgument);
}
