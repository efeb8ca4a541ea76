import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type JoinRoomRequest, JoinRoomRequestSchema, type MessageRequest, MessageType } from "@im-sdk/gen";
import { requireId } from "../identity/caller.ts";
import { isPromise } from "../maybe-promise.ts";
import { joinResponse, nicknameOf, tellRoomCreated } from "../rooms/join-room.ts";
import type { JoinIntent } from "../rooms/memberships.ts";
import { madeRoom, type Posted, postMessage } from "../rooms/post-message.ts";
import { toRefusal } from "../rooms/refusal.ts";
import type { ServiceContext } from "../service-context.ts";
import type { ClientStream } from "./client-stream.ts";
import { ackFrame, heartbeatFrame, joinFrame, joinRefusal, refusalFrame } from "./reply-frames.ts";

const maxInFlight = 256;

/** Does what the frames of one stream ask for, one after the other. */
export class IncomingFrames {
  readonly #context: ServiceContext;
  readonly #stream: ClientStream;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(context: ServiceContext, stream: ClientStream) {
    this.#context = context;
    this.#stream = stream;
  }

  /** Handles one frame; what it returns is to be awaited before the next. Throws what ends the stream. */
  handle(frame: MessageRequest): Promise<unknown> | undefined {
    const { userId, outgoing, capabilities } = this.#stream;
    if (frame.userId !== "" && frame.userId !== userId) {
      const error = new ConnectError(`user_id is "${frame.userId}": the stream is another's`, Code.PermissionDenied);
      if (!capabilities.ack) throw error;
      outgoing.push(refusalFrame(frame, error));
      return undefined;
    }
    switch (frame.type) {
      case MessageType.HEARTBEAT:
        if (capabilities.ack || capabilities.resume) outgoing.push(heartbeatFrame(frame.messageId));
        return undefined;
      case MessageType.ACK:
        return undefined;
      case MessageType.JOIN_ROOM:
        return this.#join(frame);
      case MessageType.LEAVE_ROOM:
        return this.#leave(frame);
      default:
        return this.#post(frame);
    }
  }

  /** Puts the stream into a room that its metadata, or its first frame, named. */
  async joinFirstRoom(roomId: string): Promise<void> {
    try {
      requireId("room_id", roomId, this.#context.options.limits.maxIdLength);
      const joined = await this.#context.memberships.join(this.#stream, { roomId, nickname: "", cursor: undefined });
      joined.start();
      if (joined.created) tellRoomCreated(this.#context, this.#stream, roomId);
    } catch (error) {
      const refusal = this.#refused("a first room", roomId, error);
      if (this.#stream.capabilities.resume) this.#stream.outgoing.push(joinFrame("", roomId, joinRefusal(refusal)));
    }
  }

  /** Everything that was handled has been answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  async #join(frame: MessageRequest): Promise<void> {
    const { outgoing, capabilities } = this.#stream;
    try {
      const intent = this.#intentOf(frame);
      const joined = await this.#context.memberships.join(this.#stream, intent);
      if (capabilities.resume) {
        const response = await joinResponse(this.#context, joined);
        outgoing.push(joinFrame(frame.messageId, intent.roomId, response));
      } else {
        this.#ack(frame, () => ackFrame(frame, frame.messageId));
      }
      joined.start();
      if (joined.created) tellRoomCreated(this.#context, this.#stream, intent.roomId);
    } catch (error) {
      const refusal = this.#refused("a join", frame.roomId, error);
      if (capabilities.resume) outgoing.push(joinFrame(frame.messageId, frame.roomId, joinRefusal(refusal)));
      else this.#ack(frame, () => refusalFrame(frame, refusal));
    }
  }

  #leave(frame: MessageRequest): undefined {
    try {
      requireId("room_id", frame.roomId, this.#context.options.limits.maxIdLength);
      this.#context.memberships.leave(this.#stream, frame.roomId);
      this.#ack(frame, () => ackFrame(frame, frame.messageId));
    } catch (error) {
      const refusal = this.#refused("a leave", frame.roomId, error);
      this.#ack(frame, () => refusalFrame(frame, refusal));
    }
  }

  #post(frame: MessageRequest): Promise<unknown> | undefined {
    const { userId } = this.#stream;
    const { messageId, roomId, type, content, metadata } = frame;
    try {
      // The sender's ack_required asks the server; receivers are asked by unary sends only.
      const post = { messageId, userId, roomId, type, content, metadata, ackRequired: false };
      const posted = postMessage(this.#context, post);
      const { appended } = posted;
      if (isPromise(appended)) return this.#postLater(frame, posted, appended);
      this.#ack(frame, () => ackFrame(frame, posted.messageId, appended));
      if (madeRoom(posted, appended)) tellRoomCreated(this.#context, this.#stream, roomId);
    } catch (error) {
      this.#refusePost(frame, error);
    }
    return undefined;
  }

  #postLater(frame: MessageRequest, posted: Posted, appended: Exclude<Posted["appended"], { epoch: string }>) {
    const answered = appended
      .then((position) => {
        this.#ack(frame, () => ackFrame(frame, posted.messageId, position));
        if (madeRoom(posted, position)) tellRoomCreated(this.#context, this.#stream, frame.roomId);
      })
      .catch((error: unknown) => this.#refusePost(frame, error))
      .finally(() => this.#inFlight.delete(answered));
    this.#inFlight.add(answered);
    // Frames go on while earlier ones are being stored, but not without bound.
    return this.#inFlight.size < maxInFlight ? undefined : Promise.race(this.#inFlight);
  }

  #refusePost(frame: MessageRequest, error: unknown): void {
    const refusal = this.#refused("a message", frame.roomId, error);
    this.#ack(frame, () => refusalFrame(frame, refusal));
  }

  #ack(frame: MessageRequest, make: () => ReturnType<typeof ackFrame>): void {
    if (frame.ackRequired && this.#stream.capabilities.ack) this.#stream.outgoing.push(make());
  }

  #refused(what: string, roomId: string, error: unknown): ConnectError {
    const { logger } = this.#context.options;
    const refusal = toRefusal(error, logger);
    const facts = { user: this.#stream.userId, room: roomId, code: Code[refusal.code], reason: refusal.rawMessage };
    logger.debug(`${what} was refused`, facts);
    return refusal;
  }

  #intentOf(frame: MessageRequest): JoinIntent {
    const request = this.#joinRequest(frame);
    const roomId = frame.roomId === "" ? (request?.roomId ?? "") : frame.roomId;
    requireId("room_id", roomId, this.#context.options.limits.maxIdLength);
    if (request !== undefined && request.roomId !== "" && request.roomId !== roomId) {
      throw new ConnectError(`content names room "${request.roomId}", the frame "${roomId}"`, Code.InvalidArgument);
    }
    if (request !== undefined && request.userId !== "" && request.userId !== this.#stream.userId) {
      throw new ConnectError(`content names user "${request.userId}", not the stream's`, Code.PermissionDenied);
    }
    return { roomId, nickname: nicknameOf(request?.metadata ?? frame.metadata), cursor: request?.cursor };
  }

  #joinRequest(frame: MessageRequest): JoinRoomRequest | undefined {
    if (frame.content.byteLength === 0) return undefined;
    try {
      return fromBinary(JoinRoomRequestSchema, frame.content);
    } catch (cause) {
      const { ack, resume } = this.#stream.capabilities;
      // The plain contract does not say what a JOIN_ROOM frame carries, so there anything goes.
      if (!ack && !resume) return undefined;
      throw new ConnectError("content is no JoinRoomRequest", Code.InvalidArgument, undefined, undefined, cause);
    }
  }
}
