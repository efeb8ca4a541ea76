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
import { ImError, imErrorCode } from "../im-error.ts";
import { newMessageId } from "../messages/new-message-id.ts";
import { isSuccess } from "../response-status.ts";
import type { ResumePoint } from "./missing-up-to.ts";
import type { RoomPositions } from "./room-positions.ts";

export interface JoinedRoomsOptions {
  userId: string;
  positions: RoomPositions;
  /** A room could not be joined again and is no longer a joined one. */
  onLost(roomId: string, error: ImError): void;
}

interface PendingJoin {
  roomId: string;
  cursor: ResumePoint | undefined;
  isRejoin: boolean;
}

/** The rooms that this client is to be in, with what it joined them with, and the joins that are being answered. */
export class JoinedRooms {
  readonly #options: JoinedRoomsOptions;
  readonly #metadata = new Map<string, Record<string, string>>();
  /** Joins sent in a stream, by message id. */
  readonly #pending = new Map<string, PendingJoin>();

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

  /** A join as a frame in the stream, with the cursor where there is one, by default the room's: the replay follows its answer. */
  joinFrame(
    roomId: string,
    isRejoin: boolean,
    cursor: ResumePoint | undefined = this.#options.positions.resumePoint(roomId),
  ): MessageRequest {
    const { userId } = this.#options;
    const messageId = newMessageId();
    this.#pending.set(messageId, { roomId, cursor, isRejoin });
    const request = create(JoinRoomRequestSchema, {
      userId,
      roomId,
      metadata: this.metadataOf(roomId),
      ...(cursor === undefined ? {} : { cursor: cursor.position }),
    });
    return create(MessageRequestSchema, {
      messageId,
      userId,
      roomId,
      type: MessageType.JOIN_ROOM,
      content: toBinary(JoinRoomRequestSchema, request),
    });
  }

  /** Takes the answer to a join frame and gives its room; one that answers none, or says nothing, changes nothing. */
  onFrame(frame: MessageResponse): string | undefined {
    const join = this.#pending.get(frame.messageId);
    const response = parseAnswer(frame);
    if (join === undefined || response === undefined) return undefined;
    this.#pending.delete(frame.messageId);
    this.#onAnswer(join, response);
    return join.roomId;
  }

  /** Answers to what was sent on an earlier stream will not come. */
  forgetPending(): void {
    this.#pending.clear();
  }

  /** Answers to these will not come: the stream that they were to go out on never came up. */
  forgetJoins(frames: readonly MessageRequest[]): void {
    for (const { messageId } of frames) this.#pending.delete(messageId);
  }

  #onAnswer({ roomId, cursor, isRejoin }: PendingJoin, response: JoinRoomResponse): void {
    const { positions, onLost } = this.#options;
    if (!this.has(roomId)) return;
    if (!isSuccess(response.status)) {
      const { code = 0, message = "" } = response.status ?? {};
      const error = new ImError(imErrorCode(code), `room ${roomId} could not be joined again: ${message}`);
      this.#metadata.delete(roomId);
      // Where it may be joined again later, it goes on from here.
      if (error.retryable || error.code === "resource_exhausted") positions.setAside(roomId);
      else positions.forget(roomId);
      onLost(roomId, error);
    } else if (cursor !== undefined) {
      positions.onResumed(roomId, response, cursor);
    } else {
      if (isRejoin) positions.onRejoinedBlindly(roomId);
      positions.onJoined(roomId, response);
    }
  }
}

function parseAnswer(frame: MessageResponse): JoinRoomResponse | undefined {
  if (frame.type !== MessageType.JOIN_ROOM) return undefined;
  try {
    return fromBinary(JoinRoomResponseSchema, frame.content);
  } catch {
    return undefined;
  }
}
