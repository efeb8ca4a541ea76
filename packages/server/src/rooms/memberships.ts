import { Code, ConnectError } from "@connectrpc/connect";
import type { RoomCursor } from "@im-sdk/gen";
import type { Connection } from "../connection/connection.ts";
import type { LogHead } from "../log/room-log.ts";
import type { Logger } from "../logger.ts";
import type { Presence } from "../presence/presence.ts";
import type { ClientStream } from "../stream/client-stream.ts";
import { type ResumePoint, resumePoint } from "./resume-point.ts";
import type { Room } from "./room.ts";
import { RoomCount } from "./room-count.ts";
import type { Rooms } from "./rooms.ts";
import { Subscription } from "./subscription.ts";

const maxDetachedPerConnection = 10_000;

/** What {@link Memberships} is made of. */
export interface MembershipsOptions {
  readonly rooms: Rooms;
  readonly presence: Presence;
  readonly logger: Logger;
  readonly now: () => number;
  readonly maxRoomsPerUser: number;
}

/** What a join asks for. */
export interface JoinIntent {
  readonly roomId: string;
  readonly nickname: string;
  readonly cursor: Pick<RoomCursor, "epoch" | "sequence"> | undefined;
}

/** A join that was let in. */
export interface Joined extends ResumePoint {
  readonly room: Room;
  /** The join made the room: it was not open here, and its log holds nothing. */
  readonly created: boolean;
  readonly head: LogHead;
  /** Begins the replay and the live messages: the caller says so once its reply is on the way. */
  readonly start: () => void;
}

/** Who is in which room by which stream. A membership lasts until it is left or its stream, or its connection, ends. */
export class Memberships {
  readonly #options: MembershipsOptions;
  readonly #counts = new RoomCount();

  constructor(options: MembershipsOptions) {
    this.#options = options;
  }

  /** Puts a stream into a room; one that is in already begins again at the cursor. Throws RESOURCE_EXHAUSTED. */
  async join(stream: ClientStream, intent: JoinIntent): Promise<Joined> {
    const current = stream.subscriptions.get(intent.roomId);
    if (current !== undefined) return this.#restart(current, intent);
    const { room, created } = await this.#enter(stream.userId, intent);
    const raced = stream.subscriptions.get(intent.roomId);
    if (stream.ended || raced !== undefined) {
      this.#exit(stream.userId, room);
      if (raced !== undefined) return this.#restart(raced, intent);
      throw new ConnectError("the stream ended while it joined", Code.Canceled);
    }
    const subscription = new Subscription(stream, room, this.#options.logger);
    stream.subscriptions.set(room.id, subscription);
    const point = await this.#point(room, intent, () => {
      if (!room.subscriptions.has(subscription)) this.leave(stream, room.id);
    });
    const start = () => this.#start(subscription, intent, point);
    return { room, created: created && point.head.sequence === 0n, ...point, start };
  }

  /** Remembers a join until a stream of the user comes on this connection. Throws RESOURCE_EXHAUSTED. */
  async joinDetached(connection: Connection, userId: string, intent: JoinIntent): Promise<Joined> {
    const known = connection.findDetached(userId, intent.roomId);
    if (known === undefined && connection.detachedCount >= maxDetachedPerConnection) this.#makeRoom(connection);
    const entered = await this.#enter(userId, intent);
    const { room } = entered;
    const point = await this.#point(room, intent, () => this.#exit(userId, room));
    const raced = connection.findDetached(userId, room.id);
    if (raced !== undefined || connection.closed) this.#exit(userId, room);
    const { epoch } = point.head;
    if (!connection.closed) {
      connection.setDetached({ userId, roomId: room.id, nickname: intent.nickname, epoch, position: point.position });
    }
    return { room, created: entered.created && point.head.sequence === 0n, ...point, start: () => {} };
  }

  /** A new stream takes over what its user joined on the connection before. */
  async adopt(stream: ClientStream): Promise<void> {
    for (const { userId, roomId, nickname, epoch, position } of stream.connection.detachedOf(stream.userId)) {
      try {
        const joined = await this.join(stream, { roomId, nickname, cursor: { epoch, sequence: position } });
        joined.start();
      } catch (error) {
        this.#options.logger.debug("a join could not be taken over", { room: roomId, user: userId, error });
      }
      this.leaveDetached(stream.connection, userId, roomId);
    }
  }

  /** Takes a stream out of a room; does nothing when it is not in. */
  leave(stream: ClientStream, roomId: string): void {
    const subscription = stream.subscriptions.get(roomId);
    if (subscription === undefined) return;
    stream.subscriptions.delete(roomId);
    subscription.room.subscriptions.delete(subscription);
    subscription.stop();
    this.#exit(stream.userId, subscription.room);
  }

  leaveDetached(connection: Connection, userId: string, roomId: string): void {
    const room = this.#options.rooms.find(roomId);
    if (connection.deleteDetached(userId, roomId) && room !== undefined) this.#exit(userId, room);
  }

  /** The stream is over: it leaves every room. */
  endStream(stream: ClientStream): void {
    for (const roomId of [...stream.subscriptions.keys()]) this.leave(stream, roomId);
  }

  /** The HTTP/2 session has closed: what was joined on it without a stream ends. */
  endConnection(connection: Connection): void {
    connection.closed = true;
    for (const { userId, roomId } of connection.allDetached()) this.leaveDetached(connection, userId, roomId);
  }

  #makeRoom(connection: Connection): void {
    const oldest = connection.forgetsOldest ? connection.oldestDetached() : undefined;
    if (oldest === undefined) {
      throw new ConnectError("too many joins without a stream on this connection", Code.ResourceExhausted);
    }
    this.leaveDetached(connection, oldest.userId, oldest.roomId);
  }

  async #restart(subscription: Subscription, intent: JoinIntent): Promise<Joined> {
    const { stream, room } = subscription;
    const point = await this.#point(room, intent, () => {});
    if (stream.subscriptions.get(room.id) !== subscription) {
      throw new ConnectError(`room "${room.id}" was left while it was joined again`, Code.Unavailable);
    }
    const start = () => this.#start(subscription, intent, point);
    return { room, created: false, ...point, start };
  }

  /** Of two joins at the same moment either may be answered first, and from then on nothing is missed. */
  #start(subscription: Subscription, { cursor }: JoinIntent, { position }: ResumePoint): void {
    const { stream, room } = subscription;
    if (stream.subscriptions.get(room.id) !== subscription) return;
    if (cursor === undefined && room.subscriptions.has(subscription)) return;
    room.subscriptions.add(subscription);
    subscription.start(position);
  }

  async #point(room: Room, intent: JoinIntent, undo: () => void): Promise<ResumePoint & { head: LogHead }> {
    try {
      const head = await room.log.head();
      room.sawHead(head);
      return { head, ...resumePoint(head, intent.cursor) };
    } catch (error) {
      undo();
      throw error;
    }
  }

  async #enter(userId: string, { roomId, nickname }: JoinIntent): Promise<{ room: Room; created: boolean }> {
    const { rooms, presence, maxRoomsPerUser, now } = this.#options;
    if (this.#counts.roomsOf(userId, roomId) >= maxRoomsPerUser) {
      throw new ConnectError(`a user may be in ${maxRoomsPerUser} rooms at a time`, Code.ResourceExhausted);
    }
    const entered = rooms.open(roomId);
    const { room } = entered;
    room.joins += 1;
    this.#counts.add(userId, roomId);
    let admitted = false;
    try {
      admitted = await presence.join(roomId, { userId, nickname, joinedAtMs: now() }, room.options.maxUsers);
    } finally {
      if (!admitted) this.#forget(userId, room);
    }
    if (!admitted) {
      const { maxUsers } = room.options;
      throw new ConnectError(`room "${roomId}" is full: it takes ${maxUsers} users`, Code.ResourceExhausted);
    }
    return entered;
  }

  #exit(userId: string, room: Room): void {
    this.#forget(userId, room);
    void this.#tellLeft(userId, room.id);
  }

  async #tellLeft(userId: string, roomId: string): Promise<void> {
    try {
      await this.#options.presence.leave(roomId, userId);
    } catch (error) {
      this.#options.logger.error("a leave could not be told", { room: roomId, user: userId, error });
    }
  }

  #forget(userId: string, room: Room): void {
    room.joins -= 1;
    this.#counts.remove(userId, room.id);
    this.#options.rooms.touch(room);
  }
}
