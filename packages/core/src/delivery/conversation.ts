import { ackContentCodec, type MessageRequest, type MessageResponse, MessageType } from "@im-sdk/gen";
import type { Link } from "../connection/link.ts";
import { ImError } from "../im-error.ts";
import { ackFrame, isServerDraining } from "./control-frames.ts";
import { composeGreeting, type Greeting } from "./greeting.ts";
import type { Inbox } from "./inbox.ts";
import type { JoinedRooms } from "./joined-rooms.ts";
import { LaggingRooms } from "./lagging-rooms.ts";
import type { Outbox } from "./outbox.ts";
import type { RoomPositions } from "./room-positions.ts";

export interface ConversationOptions {
  userId: string;
  defaultRoomId: string | undefined;
  outbox: Outbox;
  inbox: Inbox;
  rooms: JoinedRooms;
  positions: RoomPositions;
  /** A message is handed to the consumers. */
  onAccepted(frame: MessageResponse): void;
  /** Joins a room by a unary call, for servers that do not resume. */
  joinByCall(roomId: string): Promise<void>;
  onServerDraining(link: Link): void;
  onError(error: ImError): void;
}

/** What is said on the stream, whichever stream it is at the moment: from frames to messages and back. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #lagging = new LaggingRooms();
  #link: Link | undefined;
  #resumes = false;
  #hasConnected = false;
  /** Made for a stream that is not up yet, and perhaps never will be. */
  #pendingGreeting: Greeting | undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    if (options.defaultRoomId !== undefined) options.rooms.add(options.defaultRoomId, {});
  }

  /** How to open the next stream; one that was made before and not used is forgotten. */
  greeting(): Greeting {
    if (this.#pendingGreeting !== undefined) this.#options.rooms.forgetJoins(this.#pendingGreeting.frames);
    this.#pendingGreeting = composeGreeting({ ...this.#options, resumes: this.#resumes });
    return this.#pendingGreeting;
  }

  /** A stream is up. When it replaces one that still runs, that one is finished before new messages go out. */
  onLink(link: Link, greeting: Greeting, previous: Link | undefined): void {
    const isRejoin = this.#hasConnected;
    this.#hasConnected = true;
    this.#link = link;
    this.#options.inbox.onConnected();
    if (this.#pendingGreeting === greeting) this.#pendingGreeting = undefined;
    previous?.setSource(undefined);
    this.#joinRooms(link, greeting, isRejoin);
    if (previous === undefined) {
      this.#attach(link);
    } else {
      previous.finish();
      void previous.closed.then(() => {
        // When this one is gone or replaced by now, whatever came after it has seen to the outbox.
        if (this.#link !== link) return;
        this.#options.outbox.detach();
        this.#attach(link);
      });
    }
    void link.opened.then(() => this.#onLateGrant(link));
  }

  onLost(error: ImError): void {
    this.#link = undefined;
    this.#options.outbox.detach(error);
    this.#options.rooms.forgetPending();
  }

  onWritten(messages: readonly MessageRequest[]): void {
    for (const { messageId } of messages) this.#options.outbox.onWritten(messageId);
  }

  /** Takes a received frame; a promise asks for a pause until it resolves. */
  onFrame(frame: MessageResponse, link: Link): Promise<void> | undefined {
    const { outbox, rooms, onServerDraining } = this.#options;
    if (frame.type === MessageType.HEARTBEAT) return undefined;
    if (frame.type === MessageType.ACK && link.capabilities.has("ack")) {
      outbox.onAck(ackContentCodec.read(frame.content));
      return undefined;
    }
    if (frame.type === MessageType.JOIN_ROOM && link.capabilities.has("resume")) {
      const roomId = rooms.onFrame(frame);
      if (roomId !== undefined) this.#lagging.delete(link, roomId);
      return undefined;
    }
    if (link.capabilities.size > 0 && isServerDraining(frame)) {
      onServerDraining(link);
      return undefined;
    }
    return this.#onMessage(frame, link);
  }

  #onMessage(frame: MessageResponse, link: Link): Promise<void> | undefined {
    const { inbox, positions } = this.#options;
    if (frame.sequence > 0n && link.capabilities.has("resume")) {
      if (this.#lagging.has(link, frame.roomId)) return undefined;
      if (inbox.isFull && !positions.hasReceived(frame)) {
        this.#fallBehind(link, frame.roomId);
        return undefined;
      }
    }
    const accepted = positions.advance(frame);
    if (accepted !== undefined) this.#options.onAccepted(frame);
    const pause = accepted && inbox.deliver(frame, accepted, this.#answerTo(frame, link));
    const turn = inbox.takeCrowded() ? nextTurn() : undefined;
    const wait = pause && this.#pauseFor(pause, link);
    return wait && turn ? turn.then(() => wait) : (wait ?? turn);
  }

  /** The messages of this room are dropped from here on, and asked for again once there is room for them. */
  #fallBehind(link: Link, roomId: string): void {
    const { inbox, rooms, positions } = this.#options;
    this.#lagging.add(link, roomId);
    void inbox.untilRoom().then(() => {
      if (!link.isWritable) return;
      if (!rooms.has(roomId)) this.#lagging.delete(link, roomId);
      else link.push(rooms.joinFrame(roomId, true, positions.receivedPoint(roomId)));
    });
  }

  /** Tells the server, once and if it asked for that, that a message was handled. */
  #answerTo(frame: MessageResponse, link: Link): () => void {
    if (!frame.ackRequired) return noAnswer;
    let isUnanswered = true;
    return () => {
      if (!isUnanswered) return;
      isUnanswered = false;
      const writable = link.isWritable ? link : this.#link;
      writable?.push(ackFrame(this.#options.userId, frame));
    };
  }

  /**
   * A consumer that waits for an ACK would wait for ever if that stood behind the messages it has not taken yet. So the
   * stream is read on while a send has no answer: messages beyond the bound are dropped and asked for again later or, where
   * the server cannot do that, hold up the stream after all.
   */
  #pauseFor(hasRoom: Promise<void>, link: Link): Promise<void> | undefined {
    const { inbox, outbox } = this.#options;
    if (inbox.isFull && !link.capabilities.has("resume")) return hasRoom;
    if (!outbox.unacknowledged.isEmpty) return undefined;
    return new Promise((resolve) => {
      const callOff = outbox.unacknowledged.onceFilled(resolve);
      void hasRoom.then(() => {
        callOff();
        resolve();
      });
    });
  }

  #attach(link: Link): void {
    const { outbox } = this.#options;
    const settlement = link.capabilities.has("ack") ? "acknowledged" : "written";
    link.setSource(outbox);
    outbox.attach(settlement, () => link.wake());
  }

  #joinRooms(link: Link, greeting: Greeting, isRejoin: boolean): void {
    const { rooms, positions, defaultRoomId, joinByCall, onError } = this.#options;
    this.#resumes = link.capabilities.has("resume");
    const greeted = new Set(greeting.frames.map((frame) => frame.roomId));
    for (const roomId of rooms.ids) {
      if (this.#resumes) {
        if (!greeted.has(roomId)) link.push(rooms.joinFrame(roomId, isRejoin));
        continue;
      }
      if (isRejoin || positions.isRestored(roomId)) positions.onRejoinedBlindly(roomId);
      const isNamedInHeader =
        roomId === defaultRoomId && (greeting.header.has("room-id") || greeting.header.has("room-id-bin"));
      if (!isNamedInHeader)
        joinByCall(roomId).catch((reason: unknown) => onError(ImError.from(reason, `rejoining ${roomId}`)));
    }
  }

  /** The stream's headers may come after the connection counts as up, and grant more than was known then. */
  #onLateGrant(link: Link): void {
    if (this.#link !== link || !link.isOpen) return;
    if (link.capabilities.has("ack")) this.#options.outbox.upgrade();
    if (link.capabilities.has("resume") && !this.#resumes) {
      this.#resumes = true;
      for (const roomId of this.#options.rooms.ids) link.push(this.#options.rooms.joinFrame(roomId, false));
    }
  }
}

/** To a message that asks for none. */
const noAnswer = (): void => {};

/** Everybody who waits for something that is there has gone on with it by then. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
