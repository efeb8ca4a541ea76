import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { type MessageRequest, type MessageResponse, MessageType } from "@im-sdk/gen";
import { heartbeatFrame } from "./frames.ts";
import type { MemberStream } from "./member-stream.ts";
import { headerText, negotiate } from "./negotiate.ts";
import type { ServerParts } from "./server-parts.ts";
import { handleFrame } from "./stream-frames.ts";

/** Serves StreamMessages: frames are read in the background, and what is returned is what goes out. */
export function streamMessages(
  parts: ServerParts,
  requests: AsyncIterable<MessageRequest>,
  call: HandlerContext,
): AsyncIterable<MessageResponse> {
  const stream = parts.streams.open(negotiate(call, parts.extensions));
  const userId = headerText(call, "user-id");
  // It leaves when this has returned: who has read it is in the room.
  if (stream.granted.ack || stream.granted.resume) stream.frames.push(heartbeatFrame());
  if (userId !== "") begin(parts, stream, userId, headerText(call, "room-id"));
  call.signal.addEventListener("abort", () => parts.streams.end(stream), { once: true });
  void readFrames(parts, stream, requests);
  return stream.frames;
}

async function readFrames(parts: ServerParts, stream: MemberStream, requests: AsyncIterable<MessageRequest>) {
  try {
    for await (const frame of requests) {
      if (stream.userId === "") {
        if (frame.userId === "") throw new ConnectError("user_id is empty", Code.InvalidArgument);
        // A JOIN_ROOM frame, which may carry a cursor, does that itself.
        begin(parts, stream, frame.userId, frame.type === MessageType.JOIN_ROOM ? "" : frame.roomId);
      }
      handleFrame(parts, stream, frame);
    }
  } catch (error) {
    stream.frames.end(ConnectError.from(error));
  }
  parts.streams.end(stream);
}

function begin({ streams }: ServerParts, stream: MemberStream, userId: string, roomId: string): void {
  streams.identify(stream, userId);
  if (roomId !== "") streams.join(stream, { roomId, metadata: {} }).replay();
}
