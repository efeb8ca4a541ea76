import { fromBinary } from "@bufbuild/protobuf";
import { AckContentSchema, type MessageResponse, MessageType } from "@im-sdk/gen";
import type { Link } from "../connection/link.ts";
import { ImError } from "../im-error.ts";
import { decodeMessage } from "../messages/decode-message.ts";
import type { ImMessage } from "../messages/im-message.ts";
import { ackFrame, isServerDraining } from "./control-frames.ts";
import { composeGreeting, type Greeting } from "./greeting.ts";
import { resolveMessagesOptions } from "./inbox-options.ts";
import type { JoinedRooms } from "./joined-rooms.ts";
import type { MessageConsumer } from "./message-consumer.ts";
import { MessageIterator } from "./message-iterator.ts";
import type { Outbox } from "./outbox.ts";
import type { Gap, RoomPositions } from "./room-positions.ts";

export interface ConversationOptions {
  userId: string;
  defaultRoomId: string | undefined;
  outbox: Outbox;
  rooms: JoinedRooms;
  positions: RoomPositions;
  /** Joins a room by a unary call, for servers that do not resume. */
  joinByCall(roomId: string): Promise<void>;
  onServerDraining(link: Link): void;
  /** A loop over messages was too slow for some of them. */
  onGap(gap: Gap): void;
  onError(error: ImError): void;
}

/** Held for consumers at the most while sends wait for their ACKs. */
const maxUnhandledBytes = 64 * 1024 * 1024;

/** What a message costs beside its content, roughly. */
const frameOverheadBytes = 512;

/** What is said on the stream, whichever stream it is at the moment: from frames to messages and back. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #consumers = new Set<MessageConsumer>();
  #link: Link | undefined;
  #resumes = false;
  #hasConnected = false;
  /** Made for a stream that is not up yet, and perhaps never will be. */
  #pendingGreeting: Greeting | undefined;
  #isClosed = false;
  #gaveUp: ImError | undefined;
  #unhandledBytes = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
    if (options.defaultRoomId !== undefined) options.rooms.add(options.defaultRoomId, {});
  }

  addConsumer(consumer: MessageConsumer): void {
    this.#consumers.add(consumer);
  }

  /** Messages from now on, of one room or all, until the loop is left, the signal aborts or the conversation closes. */
  iterate(roomId?: string, signal?: AbortSignal, bounds = resolveMessagesOptions()): MessageIterator {
    const end = () => iterator.end();
    const onEnd = () => {
      signal?.removeEventListener("abort", end);
      this.#consumers.delete(iterator);
    };
    const iterator = new MessageIterator(roomId, onEnd, { ...bounds, onGap: this.#options.onGap });
    this.#consumers.add(iterator);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted || this.#isClosed) iterator.end();
    else if (this.#gaveUp !== undefined) iterator.end(this.#gaveUp);
    return iterator;
  }

  /** Ends the loops over messages, now and to come. */
  close(): void {
    this.#isClosed = true;
    for (const consumer of [...this.#consumers]) consumer.end();
  }

  /** No connection comes any more: loops over messages throw the reason, until there is a connection again. */
  giveUp(error: ImError): void {
    this.#gaveUp = error;
    for (const consumer of [...this.#consumers]) consumer.end(error);
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
    this.#gaveUp = undefined;
    this.#link = link;
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

  onLost(): void {
    this.#link = undefined;
    this.#options.outbox.detach();
    this.#options.rooms.forgetPending();
  }

  onWritten(messageIds: string[]): void {
    for (const messageId of messageIds) this.#options.outbox.onWritten(messageId);
  }

  /** Takes a received frame; a promise when a consumer has as many waiting as it may. */
  onFrame(frame: MessageResponse, link: Link): Promise<void> | undefined {
    const { outbox, rooms, positions, onServerDraining } = this.#options;
    if (frame.type === MessageType.HEARTBEAT) return undefined;
    if (frame.type === MessageType.ACK && link.capabilities.has("ack")) {
      outbox.onAck(fromBinary(AckContentSchema, frame.content));
      return undefined;
    }
    if (frame.type === MessageType.JOIN_ROOM && link.capabilities.has("resume")) {
      rooms.onFrame(frame);
      return undefined;
    }
    if (link.capabilities.size > 0 && isServerDraining(frame)) {
      onServerDraining(link);
      return undefined;
    }
    return positions.advance(frame) ? this.#deliver(frame, link) : undefined;
  }

  #deliver(frame: MessageResponse, link: Link): Promise<void> | undefined {
    let unanswered = frame.ackRequired;
    const ack = () => {
      if (!unanswered) return;
      unanswered = false;
      const writable = link.isWritable ? link : this.#link;
      writable?.push(ackFrame(this.#options.userId, frame));
    };
    const message: ImMessage = decodeMessage(frame, ack);
    // Consumers may come and go while this message is handed out; it is for those who are there now.
    const consumers = [...this.#consumers];
    let remaining = consumers.length;
    this.#unhandledBytes += frame.content.byteLength + frameOverheadBytes;
    let isHandled = false;
    const onHandled = (outcome?: "dropped") => {
      remaining--;
      isHandled ||= outcome === undefined;
      if (remaining > 0) return;
      this.#unhandledBytes -= frame.content.byteLength + frameOverheadBytes;
      if (isHandled) ack();
    };
    let pause: Promise<void> | undefined;
    for (const consumer of consumers) {
      const wait = consumer.push({ message, onHandled });
      if (wait !== undefined) pause = pause === undefined ? wait : Promise.all([pause, wait]).then(() => undefined);
    }
    return pause === undefined ? undefined : this.#pauseFor(pause);
  }

  /**
   * A consumer that waits for an ACK would wait for ever if that stood behind the messages it has not taken yet. So the
   * stream is read on while a send has no answer, up to a bound on what is held for the consumers.
   */
  #pauseFor(hasRoom: Promise<void>): Promise<void> | undefined {
    const { unacknowledged } = this.#options.outbox;
    if (this.#unhandledBytes > maxUnhandledBytes) return hasRoom;
    if (!unacknowledged.isEmpty) return undefined;
    return Promise.race([hasRoom, unacknowledged.whenFilled()]);
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
      if (isRejoin) positions.onRejoinedBlindly(roomId);
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
