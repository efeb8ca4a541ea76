import { create } from "@bufbuild/protobuf";
import { type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";
import { FrameQueue } from "./frame-queue.ts";
import type { Granted } from "./negotiate.ts";

/** One open StreamMessages call: whose it is, and what waits to be written to it. */
export class MemberStream {
  /** Empty until the stream has said whose it is. */
  userId = "";
  readonly granted: Granted;
  readonly frames = new FrameQueue();

  constructor(granted: Granted) {
    this.granted = granted;
  }

  /** Hands on a room's message; where it stands in the room is for who negotiated. */
  deliver(message: MessageResponse): void {
    const { messageId, fromUserId, roomId, type, content, metadata, ackRequired } = message;
    const plain = { messageId, fromUserId, roomId, type, content, metadata, ackRequired };
    const stamp = message.timestamp === undefined ? {} : { timestamp: message.timestamp };
    this.frames.push(this.granted.resume ? message : create(MessageResponseSchema, { ...plain, ...stamp }));
  }
}
