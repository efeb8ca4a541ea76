import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { JoinRoomRequestSchema, type MessageRequest, MessageType } from "@im-sdk/gen";
import { ackFrame, heartbeatFrame, joinFrame } from "./frames.ts";
import type { MemberStream } from "./member-stream.ts";
import type { JoinWish } from "./member-streams.ts";
import { joinResponse } from "./room-views.ts";
import { requireIds, type ServerParts, takePost } from "./server-parts.ts";

/** Does what a frame of an identified stream asks for. Throws what is to end the stream. */
export function handleFrame(parts: ServerParts, stream: MemberStream, frame: MessageRequest): void {
  const { ack, resume } = stream.granted;
  if (frame.userId !== "" && frame.userId !== stream.userId) {
    const error = new ConnectError(`user_id is "${frame.userId}": the stream is another's`, Code.PermissionDenied);
    if (!ack) throw error;
    acknowledge(parts, stream, frame, () => {
      throw error;
    });
  } else if (frame.type === MessageType.HEARTBEAT) {
    if (ack || resume) stream.frames.push(heartbeatFrame(frame.messageId));
  } else if (frame.type === MessageType.JOIN_ROOM && resume) {
    join(parts, stream, frame);
  } else if (frame.type !== MessageType.ACK) {
    const isThere = parts.streams.rooms.find(frame.roomId) !== undefined;
    acknowledge(parts, stream, frame, () => run(parts, stream, frame));
    const isPost = frame.type !== MessageType.JOIN_ROOM && frame.type !== MessageType.LEAVE_ROOM;
    const isMade = !isThere && parts.streams.rooms.find(frame.roomId) !== undefined;
    if (isPost && isMade) parts.streams.tellCreated(stream, frame.roomId);
  }
}

/** Answers what the ACK is to say besides. */
function run(parts: ServerParts, stream: MemberStream, frame: MessageRequest): { sequence?: bigint; epoch?: string } {
  const { messageId, roomId, type, content, metadata } = frame;
  const { userId } = stream;
  requireIds({ userId, roomId });
  if (type === MessageType.JOIN_ROOM) {
    parts.streams.join(stream, { roomId, metadata }).replay();
    return {};
  }
  if (type === MessageType.LEAVE_ROOM) {
    parts.streams.leave(userId, stream, roomId);
    return {};
  }
  // The sender's ack_required asks the server; receivers are asked by unary sends only.
  const stored = takePost(parts, { messageId, userId, roomId, type, content, metadata, ackRequired: false });
  return { sequence: stored.sequence, epoch: stored.epoch };
}

function join({ streams }: ServerParts, stream: MemberStream, frame: MessageRequest): void {
  try {
    const wish = wishOf(frame);
    requireIds({ userId: stream.userId, roomId: wish.roomId });
    const joined = streams.join(stream, wish);
    stream.frames.push(joinFrame({ messageId: frame.messageId, roomId: wish.roomId }, joinResponse(joined, true)));
    joined.replay();
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    stream.frames.push(joinFrame(frame, { status: { code, message: rawMessage } }));
  }
}

function wishOf({ roomId, metadata, content }: MessageRequest): JoinWish {
  if (content.byteLength === 0) return { roomId, metadata };
  const request = fromBinary(JoinRoomRequestSchema, content);
  return roomId === "" ? request : { ...request, roomId };
}

/** Acts, and acknowledges or refuses the frame where that is asked for. */
function acknowledge(
  parts: ServerParts,
  stream: MemberStream,
  frame: MessageRequest,
  act: () => { sequence?: bigint; epoch?: string },
): void {
  const send = (result: Parameters<typeof ackFrame>[1]) => {
    if (!frame.ackRequired || !stream.granted.ack) return;
    parts.script.ack(() => stream.frames.push(ackFrame(frame, result)));
  };
  try {
    send({ success: true, ...act() });
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    send({ success: false, code, errorMessage: rawMessage });
  }
}
