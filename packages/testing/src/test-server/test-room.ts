import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { type MessageResponse, MessageResponseSchema, type MessageType, type RoomCursor } from "@im-sdk/gen";
import type { MemberStream } from "./member-stream.ts";

/** A message on its way into a room. */
export interface Post {
  /** Empty lets the room make one. */
  readonly messageId: string;
  readonly userId: string;
  readonly roomId: string;
  readonly type: MessageType;
  readonly content: Uint8Array;
  readonly metadata: Record<string, string>;
  readonly ackRequired: boolean;
}

/** A user in a room. */
export interface Member {
  readonly userId: string;
  readonly nickname: string;
  readonly joinedAtMs: number;
  /** What keeps the user there: streams, or `unary` for a join without one. */
  readonly stays: Set<MemberStream | "unary">;
}

/** A room's log, which is never cut, and who is in the room. */
export class TestRoom {
  readonly id: string;
  readonly epoch: string = randomUUID();
  readonly createdAtMs: number = Date.now();
  /** The message of sequence n is at n - 1. */
  readonly log: MessageResponse[] = [];
  readonly streams = new Set<MemberStream>();
  readonly #members = new Map<string, Member>();
  readonly #byUserAndId = new Map<string, MessageResponse>();

  constructor(id: string) {
    this.id = id;
  }

  get head(): { epoch: string; sequence: bigint } {
    return { epoch: this.epoch, sequence: BigInt(this.log.length) };
  }

  get members(): Member[] {
    return [...this.#members.values()];
  }

  /** Stores a message and delivers it; of those of a user that share an id only the first, unless that is not asked for. */
  post(post: Post, keepsOne = true): { message: MessageResponse; duplicate: boolean } {
    const { userId, messageId } = post;
    const key = JSON.stringify([userId, messageId]);
    const first = messageId === "" || !keepsOne ? undefined : this.#byUserAndId.get(key);
    if (first !== undefined) return { message: first, duplicate: true };
    const message = create(MessageResponseSchema, {
      ...{ messageId: messageId === "" ? randomUUID() : messageId, fromUserId: userId, roomId: this.id },
      ...{ type: post.type, content: post.content, metadata: post.metadata, ackRequired: post.ackRequired },
      ...{ timestamp: timestampNow(), epoch: this.epoch },
      ...{ sequence: this.head.sequence + 1n, previousSequence: this.head.sequence },
    });
    this.log.push(message);
    this.#byUserAndId.set(key, message);
    for (const stream of this.streams) stream.deliver(message);
    return { message, duplicate: false };
  }

  /** What a join with this cursor, or without one, is given first, and whether nothing after the cursor is missing. */
  after(cursor: Pick<RoomCursor, "epoch" | "sequence"> | undefined): { missed: MessageResponse[]; recovered: boolean } {
    if (cursor === undefined) return { missed: [], recovered: true };
    if (cursor.epoch !== this.epoch) return { missed: [...this.log], recovered: false };
    // Past the head is a position that was never given out.
    return { missed: this.log.slice(Number(cursor.sequence)), recovered: cursor.sequence <= this.head.sequence };
  }

  /** True when the user was not in the room before. */
  enter(userId: string, stay: MemberStream | "unary", nickname: string): boolean {
    const present = this.#members.get(userId);
    const member = present ?? { userId, nickname, joinedAtMs: Date.now(), stays: new Set() };
    member.stays.add(stay);
    this.#members.set(userId, member);
    return present === undefined;
  }

  /** The nickname of a user who is no longer in the room; undefined when that was so before, or is not so yet. */
  leave(userId: string, stay: MemberStream | "unary"): Member | undefined {
    const member = this.#members.get(userId);
    if (member?.stays.delete(stay) !== true || member.stays.size > 0) return undefined;
    this.#members.delete(userId);
    return member;
  }
}
