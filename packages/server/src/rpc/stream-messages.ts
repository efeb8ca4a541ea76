import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { type MessageRequest, type MessageResponse, MessageType } from "@im-sdk/gen";
import { transportKey } from "../connection/connection.ts";
import { callerOf, requireCaller } from "../identity/caller.ts";
import { negotiate } from "../identity/capabilities.ts";
import { metadataText } from "../identity/metadata-text.ts";
import type { ServiceContext } from "../service-context.ts";
import { ClientStream } from "../stream/client-stream.ts";
import { IncomingFrames } from "../stream/incoming-frames.ts";
import { heartbeatFrame } from "../stream/reply-frames.ts";

/** Serves one StreamMessages call: frames are read in the background, and what is returned is what goes out. */
export function streamMessages(
  context: ServiceContext,
  requests: AsyncIterable<MessageRequest>,
  call: HandlerContext,
): AsyncIterable<MessageResponse> {
  const stream = openStream(context, call);
  const { ack, resume } = stream.capabilities;
  // Response headers leave with the first frame, and a client that negotiates waits for them.
  if (ack || resume) stream.outgoing.push(heartbeatFrame());
  const onAbort = () => stream.outgoing.fail(ConnectError.from(call.signal.reason, Code.Canceled));
  call.signal.addEventListener("abort", onAbort, { once: true });
  if (call.signal.aborted) onAbort();
  void readFrames(context, stream, requests, call);
  return stream.outgoing;
}

function openStream(context: ServiceContext, call: HandlerContext): ClientStream {
  const { limits, clock, capabilities } = context.options;
  const transport = call.values.get(transportKey);
  const connection = transport?.connection ?? context.sharedConnection;
  const stream = new ClientStream({
    capabilities: negotiate(call, capabilities),
    connection,
    limits,
    clock,
    reset: transport?.reset,
    onEnd: () => {
      context.memberships.endStream(stream);
      context.streams.delete(stream);
      connection.streams.delete(stream);
    },
  });
  connection.streams.add(stream);
  context.streams.add(stream);
  return stream;
}

async function readFrames(
  context: ServiceContext,
  stream: ClientStream,
  requests: AsyncIterable<MessageRequest>,
  call: HandlerContext,
): Promise<void> {
  const frames = new IncomingFrames(context, stream);
  try {
    await identifyByMetadata(context, stream, frames, call);
    for await (const frame of requests) {
      if (stream.ended) return;
      if (stream.userId === "") await identifyByFrame(context, stream, frames, call, frame);
      const pending = frames.handle(frame);
      if (pending !== undefined) await pending;
      const writable = stream.outgoing.whenWritable();
      if (writable !== undefined) await writable;
    }
    await frames.settled();
    stream.outgoing.end();
  } catch (error) {
    if (!stream.ended) context.options.logger.debug("a stream ends", { user: stream.userId, error });
    stream.outgoing.end(ConnectError.from(error));
  }
}

async function identifyByMetadata(
  context: ServiceContext,
  stream: ClientStream,
  frames: IncomingFrames,
  call: HandlerContext,
): Promise<void> {
  const named = metadataText(call.requestHeader, "user-id");
  const roomId = metadataText(call.requestHeader, "room-id");
  const userId = callerOf(call, named);
  // Without a name in the metadata the first frame tells the room as well, whoever the token belongs to.
  if (named === "" && roomId === "") return;
  if (userId === "") return;
  await identify(context, stream, requireCaller(call, named, context.options.limits.maxIdLength));
  if (roomId !== "") await frames.joinFirstRoom(roomId);
}

async function identifyByFrame(
  context: ServiceContext,
  stream: ClientStream,
  frames: IncomingFrames,
  call: HandlerContext,
  frame: MessageRequest,
): Promise<void> {
  await identify(context, stream, requireCaller(call, frame.userId, context.options.limits.maxIdLength));
  // A JOIN_ROOM frame, which may carry a cursor, does that itself.
  if (frame.roomId !== "" && frame.type !== MessageType.JOIN_ROOM) await frames.joinFirstRoom(frame.roomId);
}

async function identify(context: ServiceContext, stream: ClientStream, userId: string): Promise<void> {
  context.streams.identify(stream, userId);
  await context.memberships.adopt(stream);
}
