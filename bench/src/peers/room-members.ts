import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { EnvelopeCounter } from "../wire/envelope-counter.ts";
import { FrameWriter } from "../wire/frame-writer.ts";
import { messageRequestCodec } from "./codec.ts";
import { messageMaker } from "./messages.ts";
import { openSession, openStream } from "./node-http2-session.ts";

export interface RoomMembersOptions {
  readonly port: number;
  readonly members: number;
  readonly connections: number;
}

const roomId = "room";
const probeMs = 20;

/** A sender and the members of a room, all on bare HTTP/2. */
export class RoomMembers implements AsyncDisposable {
  /** Told of deliveries, many at once. */
  onDelivered: (count: number) => void = () => {};
  readonly #sessions: readonly ClientHttp2Session[];
  readonly #sender: ClientHttp2Stream;
  readonly #frames = new FrameWriter();
  readonly #message = messageMaker(roomId, 100);
  readonly #members: number;
  #sent = 0;
  #delivered = 0;
  #reached = 0;
  #isScheduled = false;

  static async open({ port, members, connections }: RoomMembersOptions): Promise<RoomMembers> {
    const sessions = await Promise.all(Array.from({ length: connections + 1 }, () => openSession(port)));
    const [own, ...shared] = sessions;
    if (own === undefined) throw new RangeError("there is no connection");
    const room = new RoomMembers(sessions, own, members);
    for (let index = 0; index < members; index++) {
      const session = shared[index % connections];
      if (session !== undefined) room.#join(session, `member-${index}`);
    }
    return room;
  }

  private constructor(sessions: readonly ClientHttp2Session[], own: ClientHttp2Session, members: number) {
    this.#members = members;
    this.#sessions = sessions;
    this.#sender = openStream(own, "StreamMessages", { "user-id": "bench", "room-id": roomId });
    this.#sender.resume();
  }

  /** Sends until every member has got something: a server does not say when a stream has come into its room. */
  async reachAll(): Promise<void> {
    while (this.#reached < this.#members) {
      this.send();
      await delay(probeMs);
    }
  }

  /** Messages that members have got. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Sends a text of 100 bytes. */
  send(): void {
    const message = this.#message(this.#sent++);
    this.#frames.add(messageRequestCodec.sizeBound(message), (target, offset) =>
      messageRequestCodec.write(message, target, offset),
    );
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#sender.write(this.#frames.take());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.onDelivered = () => {};
    const closed = this.#sessions.map((session) => once(session, "close"));
    for (const session of this.#sessions) session.destroy();
    await Promise.all(closed);
  }

  #join(session: ClientHttp2Session, userId: string): void {
    const stream = openStream(session, "StreamMessages", { "user-id": userId, "room-id": roomId });
    const counter = new EnvelopeCounter();
    stream.on("data", (chunk: Buffer) => {
      const isFirst = counter.count === 0;
      const count = counter.push(chunk);
      if (count === 0) return;
      if (isFirst) this.#reached++;
      this.#delivered += count;
      this.onDelivered(count);
    });
  }
}
