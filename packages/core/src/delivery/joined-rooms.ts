import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  JoinRoomRequestSchema,
  type JoinRoomResponse,
  JoinRoomResponseSchema,
  type MessageRequest,
  MessageRequestSchema,
  type MessageResponse,
  MessageType,
} from "@im-sdk/gen";
import { v7 as uuidv7 } from "uuid";
import { ImError, imErrorCode } from "../im-error.ts";
import { isSuccess } from "../response-status.ts";
import type { RoomPositions } from "./room-positions.ts";

export interface JoinedRoomsOptions {
  userId: string;
  positions: RoomPositions;
  /** A room could not be joined again and is no longer a joined one. */
  onLost(roomId: string, error: ImError): void;
}

/** The rooms that this client is to be in, with what it joined them with, and the joins that are being answered. */
export class JoinedRooms {
  readonly #options: JoinedRoomsOptions;
  readonly #metadata = new Map<string, Record<string, string>>();
  /** Joins sent in a stream, by message id. */
  readonly #pending = new Map<string, { roomId: string; hadCursor: boolean; isRejoin: boolean }>();

  constructor(options: JoinedRoomsOptions) {
    this.#options = options;
  }

  get ids(): string[] {
    return [...this.#metadata.keys()];
  }

  has(roomId: string): boolean {
    return this.#metadata.has(roomId);
  }

  metadataOf(roomId: string): Record<string, string> {
    return this.#metadata.get(roomId) ?? {};
  }

  add(roomId: string, metadata: Record<string, string>): void {
    this.#metadata.set(roomId, metadata);
  }

  delete(roomId: string): void {
    this.#metadata.delete(roomId);
    this.#options.positions.forget(roomId);
  }

  /** A join as a frame in the stream, with the cursor where there is one: the replay follows its answer. */
  joinFrame(roomId: string, isRejoin: boolean): MessageRequest {
    const { userId, positions } = this.#options;
    const cursor = positions.get(roomId);
    const messageId = uuidv7();
    this.#pending.set(messageId, { roomId, hadCursor: cursor !== undefined, isRejoin });
    const request = create(JoinRoomRequestSchema, {
      userId,
      roomId,
      metadata: this.metadataOf(roomId),
      ...(cursor === undefined ? {} : { cursor }),
    });
    return create(MessageRequestSchema, {
      messageId,
      userId,
      roomId,
      type: MessageType.JOIN_ROOM,
      content: toBinary(JoinRoomRequestSchema, request),
    });
  }

  /** Takes the answer to a join frame; false when the frame is none. */
  onFrame(frame: MessageResponse): boolean {
    const join = this.#pending.get(frame.messageId);
    if (join === undefined || frame.type !== MessageType.JOIN_ROOM) return false;
    this.#pending.delete(frame.messageId);
    this.#onAnswer(join, fromBinary(JoinRoomResponseSchema, frame.content));
    return true;
  }

  /** Answers to what was sent on an earlier stream will not come. */
  forgetPending(): void {
    this.#pending.clear();
  }

  #onAnswer(join: { roomId: string; hadCursor: boolean; isRejoin: boolean }, response: JoinRoomResponse): void {
    const { positions, onLost } = this.#options;
    const { roomId, hadCursor, isRejoin } = join;
    if (!this.has(roomId)) return;
    if (!isSuccess(response.status)) {
      this.delete(roomId);
      const { code = 0, message = "" } = response.status ?? {};
      onLost(roomId, new ImError(imErrorCode(code), `room ${roomId} could not be joined again: ${message}`));
    } else if (hadCursor) {
      positions.onResumed(roomId, response);
    } else {
      if (isRejoin) positions.onRejoinedBlindly(roomId);
      positions.onJoined(roomId, response);
    }
  }
}
