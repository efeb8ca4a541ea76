import type { JoinRoomRequest } from "@im-sdk/gen";
import { systemFrame } from "./frames.ts";
import { MemberStream } from "./member-stream.ts";
import type { Granted } from "./negotiate.ts";
import type { Member, TestRoom } from "./test-room.ts";
import { TestRooms } from "./test-rooms.ts";
import { type Changes, tellChange } from "./wait-until.ts";

/** What of a JoinRoomRequest counts. */
export type JoinWish = Pick<JoinRoomRequest, "roomId" | "metadata"> & Partial<Pick<JoinRoomRequest, "cursor">>;

/** A join that was done. */
export interface Joined {
  readonly room: TestRoom;
  readonly recovered: boolean;
  /** Hands on what the cursor missed; called once the answer is on its way. */
  readonly replay: () => void;
}

/** The open streams, and which of them is in which room. */
export class MemberStreams {
  readonly rooms = new TestRooms();
  readonly changes: Changes = new Set();
  readonly #streams = new Set<MemberStream>();

  open(granted: Granted): MemberStream {
    const stream = new MemberStream(granted);
    this.#streams.add(stream);
    return stream;
  }

  /** From now on the stream is that user's, and in the rooms that the user joined without a stream. */
  identify(stream: MemberStream, userId: string): void {
    stream.userId = userId;
    for (const room of this.rooms.all) {
      const member = room.members.find((each) => each.userId === userId);
      if (member?.stays.has("unary") !== true) continue;
      this.join(stream, { roomId: room.id, metadata: {} }).replay();
      room.leave(userId, "unary");
    }
  }

  of(userId: string): MemberStream[] {
    return [...this.#streams].filter((stream) => stream.userId === userId);
  }

  join(stream: MemberStream, { roomId, metadata, cursor }: JoinWish): Joined {
    const isNew = this.rooms.find(roomId) === undefined;
    const room = this.rooms.open(roomId);
    const { missed, recovered } = room.after(cursor);
    this.#enter(room, stream.userId, stream, metadata.nickname ?? "");
    room.streams.add(stream);
    const replay = () => {
      for (const message of missed) stream.deliver(message);
      if (isNew) this.tellCreated(stream, roomId);
    };
    return { room, recovered, replay };
  }

  /** Tells a stream that it made a room. */
  tellCreated(stream: MemberStream, roomId: string): void {
    stream.frames.push(systemFrame(roomId, "room_created", { userId: stream.userId, nickname: "" }));
  }

  /** Puts a user who has no stream into a room; the next stream of the user takes that over. */
  joinWithoutStream(userId: string, { roomId, metadata }: JoinWish): Joined {
    const room = this.rooms.open(roomId);
    this.#enter(room, userId, "unary", metadata.nickname ?? "");
    return { room, recovered: true, replay: () => {} };
  }

  leave(userId: string, stay: MemberStream | "unary", roomId: string): void {
    const room = this.rooms.find(roomId);
    if (room === undefined) return;
    if (stay !== "unary") room.streams.delete(stay);
    const member = room.leave(userId, stay);
    if (member !== undefined) this.#tell(room, "user_left", member);
  }

  end(stream: MemberStream): void {
    if (!this.#streams.delete(stream)) return;
    for (const { id } of this.rooms.all) this.leave(stream.userId, stream, id);
    stream.frames.end();
  }

  endAll(): void {
    for (const stream of [...this.#streams]) this.end(stream);
    for (const room of this.rooms.all) for (const { userId } of room.members) this.leave(userId, "unary", room.id);
  }

  #enter(room: TestRoom, userId: string, stay: MemberStream | "unary", nickname: string): void {
    if (room.enter(userId, stay, nickname)) this.#tell(room, "user_joined", { userId, nickname });
  }

  #tell(room: TestRoom, event: "user_joined" | "user_left", who: Pick<Member, "userId" | "nickname">): void {
    const frame = systemFrame(room.id, event, who);
    for (const stream of room.streams) if (stream.userId !== who.userId) stream.frames.push(frame);
    tellChange(this.changes);
  }
}
