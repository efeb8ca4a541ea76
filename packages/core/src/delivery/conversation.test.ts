import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AckContentSchema,
  JoinRoomRequestSchema,
  JoinRoomResponseSchema,
  type MessageRequest,
  type MessageResponse,
  MessageType,
  SystemContentSchema,
} from "@im-sdk/gen";
import { ManualClock } from "@im-sdk/testing";
import type { Link } from "../connection/link.ts";
import { ImError } from "../im-error.ts";
import { incoming, outgoing } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { ScriptedLink, type ScriptedLinkOptions } from "../test-kit/scripted-link.ts";
import { settle } from "../test-kit/until.ts";
import { Conversation } from "./conversation.ts";
import type { Gap } from "./gap.ts";
import { HandlerConsumer } from "./handler-consumer.ts";
import { Inbox } from "./inbox.ts";
import { type InboxOptions, resolveInboxOptions } from "./inbox-options.ts";
import { JoinedRooms } from "./joined-rooms.ts";
import type { Delivery } from "./message-consumer.ts";
import { Outbox } from "./outbox.ts";
import { resolveOutboxOptions } from "./outbox-options.ts";
import { RoomPositions } from "./room-positions.ts";

interface Setup {
  acknowledge?: "automatic" | "manual";
  userId?: string;
  defaultRoomId?: string;
  inbox?: InboxOptions;
}

function setup({ userId = "ann", defaultRoomId, inbox: bounds, acknowledge = "automatic" }: Setup = {}) {
  const gaps: Gap[] = [];
  const errors: ImError[] = [];
  const draining: Link[] = [];
  const joinedByCall: string[] = [];
  const accepted: string[] = [];
  const outbox = new Outbox({ options: resolveOutboxOptions(), clock: new ManualClock() });
  const onGap = (gap: Gap) => void gaps.push(gap);
  const positions = new RoomPositions({ onGap, waitsForAcknowledge: acknowledge === "manual" });
  const inbox = new Inbox({ positions, acknowledge, onGap });
  const rooms = new JoinedRooms({ userId, positions, onLost: (_, error) => errors.push(error) });
  const conversation = new Conversation({
    onAccepted: ({ messageId }) => accepted.push(messageId),
    userId,
    defaultRoomId,
    outbox,
    inbox,
    rooms,
    positions,
    joinByCall: async (roomId) => {
      joinedByCall.push(roomId);
      if (roomId === "forbidden") throw new ImError("permission_denied", "no");
    },
    onServerDraining: (link) => draining.push(link),
    onError: (error) => errors.push(error),
  });
  const delivered: string[] = [];
  const finishers: (() => void)[] = [];
  let isSlow = false;
  const handler = ({ message }: Delivery) => {
    delivered.push(message.id);
    return isSlow ? new Promise<void>((resolve) => finishers.push(resolve)) : undefined;
  };
  inbox.add(new HandlerConsumer(handler, { ...resolveInboxOptions(bounds), onGap }));
  const send = (id: string) => {
    const sent = outbox.send(outgoing(id), { deadlineAtMs: 1_000 });
    sent.catch(() => {});
    return sent;
  };
  return {
    conversation,
    inbox,
    outbox,
    positions,
    rooms,
    gaps,
    errors,
    draining,
    joinedByCall,
    accepted,
    delivered,
    send,
    /** Handlers take until they are finished. */
    slowDown: () => {
      isSlow = true;
    },
    finishOne: async () => {
      finishers.shift()?.();
      await settle();
    },
    /** A link that is up and known to the conversation. */
    async link(options: ScriptedLinkOptions = {}, previous?: ScriptedLink): Promise<ScriptedLink> {
      const greeting = conversation.greeting();
      const scripted = new ScriptedLink({
        greeting: greeting.frames,
        onFrame: (frame, link) => conversation.onFrame(frame, link),
        onWritten: (ids) => conversation.onWritten(ids),
        ...options,
      });
      await settle();
      conversation.onLink(scripted.link, greeting, previous?.link);
      await settle();
      return scripted;
    },
    /** The link is gone. */
    async lose(scripted: ScriptedLink): Promise<void> {
      scripted.link.abort();
      await settle();
      conversation.onLost(new ImError("unavailable", "gone"));
    },
  };
}

const resuming = { grants: "ack,resume" };
const ids = (frames: MessageRequest[]) => frames.map(({ messageId }) => messageId);
const joinsOf = ({ sent }: ScriptedLink) => sent.filter(({ type }) => type === MessageType.JOIN_ROOM);
const acksOf = ({ sent }: ScriptedLink) =>
  sent
    .filter(({ type }) => type === MessageType.ACK)
    .map(({ content }) => fromBinary(AckContentSchema, content).originalMessageId);

function ackOf(originalMessageId: string): MessageResponse {
  const content = toBinary(AckContentSchema, create(AckContentSchema, { originalMessageId, success: true }));
  return incoming("", { type: MessageType.ACK, content });
}

function answerTo(join: MessageRequest | undefined, sequence: bigint): MessageResponse {
  const response = create(JoinRoomResponseSchema, { head: { epoch: "e", sequence } });
  const content = toBinary(JoinRoomResponseSchema, response);
  return incoming(join?.messageId ?? "", { roomId: join?.roomId ?? "", type: MessageType.JOIN_ROOM, content });
}

function serverDraining(): MessageResponse {
  const content = toBinary(SystemContentSchema, create(SystemContentSchema, { eventType: "server_draining" }));
  return incoming("drain", { roomId: "", type: MessageType.SYSTEM, content });
}

describe("the greeting", () => {
  test("first names the default room in the metadata, and needs no frame", () => {
    const { header, frames } = setup({ defaultRoomId: "r" }).conversation.greeting();
    assert.deepEqual([[...header], frames], [[["room-id", "r"]], []]);
    const without = setup().conversation.greeting();
    assert.deepEqual([[...without.header], without.frames], [[], []]);
  });

  test("says an id that is not ASCII in bytes, and to plain servers by a first frame that joins", () => {
    for (const [userId, defaultRoomId] of [
      ["ann", "房间"],
      ["张三", "r"],
    ] as const) {
      const { header, frames } = setup({ userId, defaultRoomId }).conversation.greeting();
      const isAscii = defaultRoomId === "r";
      assert.equal(header.get("room-id"), isAscii ? "r" : null);
      assert.equal(header.get("room-id-bin"), isAscii ? null : Buffer.from("房间").toString("base64"));
      assert.equal(frames.length, 1);
      assert.deepEqual(
        [frames[0]?.type, frames[0]?.userId, frames[0]?.roomId],
        [MessageType.JOIN_ROOM, userId, defaultRoomId],
      );
    }
  });

  test("introduces a user whose id is not ASCII by a heartbeat when there is no room", () => {
    const { frames } = setup({ userId: "张三" }).conversation.greeting();
    assert.deepEqual(
      frames.map(({ type, userId, roomId }) => [type, userId, roomId]),
      [[MessageType.HEARTBEAT, "张三", ""]],
    );
  });

  test("after a server that resumes joins every room by a frame with its cursor, and names none in the metadata", async () => {
    const { conversation, rooms, positions, link, lose } = setup({ defaultRoomId: "r" });
    const first = await link(resuming);
    rooms.add("s", { client: "docs" });
    positions.advance(incoming("m", { epoch: "e", sequence: 4n }));
    await lose(first);
    const { header, frames } = conversation.greeting();
    assert.deepEqual([...header], []);
    const joins = frames.map(({ content }) => fromBinary(JoinRoomRequestSchema, content));
    assert.deepEqual(
      joins.map(({ roomId, cursor, metadata }) => [roomId, cursor?.sequence, metadata]),
      [
        ["r", 4n, {}],
        ["s", undefined, { client: "docs" }],
      ],
    );
  });

  test("does not name a default room that was left", () => {
    const { conversation, rooms } = setup({ defaultRoomId: "r" });
    rooms.delete("r");
    assert.deepEqual([...conversation.greeting().header], []);
  });
});

describe("joining again", () => {
  test("on a server that resumes, rooms that the greeting did not name are joined by frames", async () => {
    const { rooms, joinedByCall, link } = setup({ defaultRoomId: "r" });
    rooms.add("s", {});
    const up = await link(resuming);
    assert.deepEqual(
      joinsOf(up).map(({ roomId }) => roomId),
      ["r", "s"],
    );
    assert.deepEqual(joinedByCall, []);
  });

  test("on a plain server the first connect joins by metadata and reports no gap", async () => {
    const { gaps, joinedByCall, link } = setup({ defaultRoomId: "r" });
    const up = await link();
    assert.deepEqual([gaps, joinedByCall, up.sent], [[], [], []]);
  });

  test("on a plain server each room has a gap of unknown extent, and all but the one in the metadata are joined by calls", async () => {
    const { gaps, rooms, errors, joinedByCall, link, lose } = setup({ defaultRoomId: "r" });
    const first = await link();
    rooms.add("s", {});
    rooms.add("forbidden", {});
    await lose(first);
    await link();
    assert.deepEqual(
      gaps.map(({ roomId, upTo }) => [roomId, upTo]),
      [
        ["r", undefined],
        ["s", undefined],
        ["forbidden", undefined],
      ],
    );
    assert.deepEqual(joinedByCall, ["s", "forbidden"]);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ["permission_denied"],
    );
  });

  test("on a plain server after one that resumed, all rooms are joined by calls", async () => {
    const { joinedByCall, link, lose } = setup({ defaultRoomId: "r" });
    await lose(await link(resuming));
    await link();
    assert.deepEqual(joinedByCall, ["r"]);
  });

  test("a grant that comes after the connection counts as up makes up for it", async () => {
    const { conversation, gaps, outbox, positions, rooms, send, link, lose } = setup({ defaultRoomId: "r" });
    rooms.add("s", {});
    const up = await link({ grants: undefined });
    const early = send("early");
    await early;
    assert.deepEqual(joinsOf(up), []);
    up.grant("ack,resume");
    await settle();
    assert.deepEqual(
      joinsOf(up).map(({ roomId }) => roomId),
      ["r", "s"],
    );
    void send("late");
    await settle();
    assert.equal(up.sent.at(-1)?.ackRequired, true);
    assert.equal(outbox.size, 1, "which now waits for its ACK");
    up.response.push(...joinsOf(up).map((frame) => answerTo(frame, 9n)));
    await settle();
    assert.deepEqual([gaps, positions.get("s")], [[], { epoch: "e", sequence: 9n }], "they were first joins");
    await lose(up);
    assert.equal(conversation.greeting().frames.length, 2);
  });

  test("a grant that comes when the link has been replaced changes nothing", async () => {
    const { conversation, send, link } = setup({ defaultRoomId: "r" });
    const old = await link({ grants: undefined });
    const up = await link({}, old);
    old.grant("ack,resume");
    await settle();
    assert.deepEqual([joinsOf(old), conversation.greeting().frames], [[], []]);
    old.response.end();
    await settle();
    assert.equal((await send("m")).delivery, "written");
    assert.equal(up.sent.at(-1)?.ackRequired, false);
  });

  test("the answer to the greeting's join counts, also when another stream was tried meanwhile in vain", async () => {
    const { conversation, positions, link, lose } = setup({ defaultRoomId: "r" });
    await lose(await link(resuming));
    const up = await link(resuming);
    conversation.greeting();
    up.response.push(...joinsOf(up).map((frame) => answerTo(frame, 9n)));
    await settle();
    assert.deepEqual(positions.get("r"), { epoch: "e", sequence: 9n });
  });

  test("the first join by a frame is no join again, and has no gap", async () => {
    const { gaps, positions, link } = setup({ userId: "张三", defaultRoomId: "r" });
    const up = await link(resuming);
    up.response.push(...joinsOf(up).map((frame) => answerTo(frame, 9n)));
    await settle();
    assert.deepEqual([gaps, positions.get("r")], [[], { epoch: "e", sequence: 9n }]);
  });

  test("answers to joins are consumed; those to a greeting whose link never came up are forgotten", async () => {
    const { conversation, delivered, gaps, positions, link, lose } = setup({ defaultRoomId: "r" });
    await lose(await link(resuming));
    const failed = conversation.greeting();
    const up = await link(resuming);
    conversation.onFrame(answerTo(failed.frames[0], 9n), up.link);
    assert.equal(positions.get("r"), undefined);
    conversation.onFrame(answerTo(joinsOf(up)[0], 9n), up.link);
    assert.deepEqual(positions.get("r"), { epoch: "e", sequence: 9n });
    assert.deepEqual([delivered, gaps.length], [[], 1]);
  });
});

describe("a received frame", () => {
  test("that is a heartbeat is dropped; ACKs and joins are delivered by a plain server and consumed otherwise", async () => {
    for (const [grants, expected] of [
      ["", ["text", "ack", "join"]],
      ["ack", ["text", "join"]],
      ["ack,resume", ["text"]],
    ] as const) {
      const { delivered, link } = setup();
      const up = await link({ grants });
      up.response.push(
        incoming("beat", { type: MessageType.HEARTBEAT }),
        incoming("text"),
        incoming("ack", { type: MessageType.ACK, content: new Uint8Array() }),
        incoming("join", { type: MessageType.JOIN_ROOM, content: Buffer.from("anything") }),
      );
      await settle();
      assert.deepEqual(delivered, expected, `granted: ${grants}`);
      assert.equal(up.link.isOpen, true);
    }
  });

  test("of a plain server that echoes our own join is no answer to it", async () => {
    const { delivered, errors, rooms, link } = setup({ userId: "张三", defaultRoomId: "r" });
    const up = await link();
    const join = joinsOf(up)[0];
    up.response.push(
      incoming(join?.messageId ?? "", { type: MessageType.JOIN_ROOM, content: join?.content ?? new Uint8Array() }),
    );
    await settle();
    assert.deepEqual([delivered, errors, rooms.ids, up.link.isOpen], [[join?.messageId], [], ["r"], true]);
  });

  test("that acknowledges a message settles its send", async () => {
    const { send, link } = setup();
    const up = await link(resuming);
    const sent = send("m");
    await settle();
    up.response.push(ackOf("m"));
    assert.equal((await sent).delivery, "acknowledged");
  });

  test("that announces the server's leave is heard of a server that negotiated, and a message of any other", async () => {
    const negotiated = setup();
    const up = await negotiated.link(resuming);
    up.response.push(serverDraining());
    await settle();
    assert.deepEqual([negotiated.draining, negotiated.delivered], [[up.link], []]);

    const plain = setup();
    (await plain.link()).response.push(serverDraining());
    await settle();
    assert.deepEqual([plain.draining, plain.delivered], [[], ["drain"]]);
  });

  test("that was seen before is not delivered again", async () => {
    const { accepted, delivered, link } = setup();
    const up = await link();
    up.response.push(incoming("m"), incoming("m"), incoming("n"));
    await settle();
    assert.deepEqual(
      [accepted, delivered],
      [
        ["m", "n"],
        ["m", "n"],
      ],
    );
  });

  test("waits until the consumers have room", async () => {
    const { delivered, slowDown, finishOne, link } = setup({ inbox: { maxQueued: 4 } });
    const up = await link();
    slowDown();
    up.response.push(...Array.from({ length: 20 }, (_, index) => incoming(`${index}`)));
    await settle();
    assert.equal(up.response.pulls, 5, "one is handled, four wait");
    await finishOne();
    assert.deepEqual([delivered, up.response.pulls], [["0", "1"], 5], "three wait");
    await finishOne();
    assert.deepEqual([delivered, up.response.pulls], [["0", "1", "2"], 7], "there was room for two");
  });

  test("waits for the slowest of several consumers", async () => {
    const { inbox, link } = setup();
    const pauses = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let seen = 0;
    for (const { promise } of pauses) {
      inbox.add({
        push() {
          seen++;
          return promise;
        },
        end() {},
      });
    }
    const up = await link();
    up.response.push(incoming("a"), incoming("b"));
    await settle();
    for (const { resolve } of pauses) {
      assert.equal(seen, 2);
      resolve();
      await settle();
    }
    assert.equal(seen, 4);
  });

  test("waits for no loop that drops or is closed, and what those miss is told", async () => {
    const { inbox, delivered, gaps, link } = setup();
    const dropping = inbox.iterate("r", undefined, { maxQueued: 2, whenFull: "drop-oldest" });
    const closing = inbox.iterate("r", undefined, { maxQueued: 2, whenFull: "close" });
    const up = await link();
    const frames = Array.from({ length: 5 }, (_, index) =>
      incoming(`${index}`, { epoch: "e", sequence: BigInt(index + 1), previousSequence: BigInt(index) }),
    );
    up.response.push(...frames);
    await settle();
    assert.deepEqual([delivered, gaps], [["0", "1", "2", "3", "4"], []]);
    assert.equal((await dropping.next()).value?.id, "3");
    const at = (sequence: bigint) => ({ epoch: "e", sequence });
    assert.deepEqual(gaps, [{ roomId: "r", reason: "slow_consumer", after: at(0n), upTo: at(3n) }]);
    assert.deepEqual([(await closing.next()).value?.id, (await closing.next()).value?.id], ["0", "1"]);
    await assert.rejects(closing.next(), hasCode("resource_exhausted"));
  });

  test("that waits for room does not keep the link from being aborted", async () => {
    const { slowDown, link } = setup();
    const up = await link();
    slowDown();
    up.response.push(...Array.from({ length: 1_500 }, (_, index) => incoming(`${index}`)));
    await settle();
    up.link.abort();
    await up.link.closed;
  });
});

describe("a message that asks to be acknowledged", () => {
  const asking = (id: string) => incoming(id, { ackRequired: true });

  test("is when all consumers are done with it, once, with its id", async () => {
    const { inbox, slowDown, finishOne, link } = setup();
    const up = await link();
    slowDown();
    const loop = inbox.iterate(undefined, undefined);
    const other = inbox.iterate("another room", undefined);
    up.response.push(asking("m"), incoming("not asked"));
    await settle();
    await finishOne();
    assert.deepEqual(acksOf(up), []);
    const { value } = await loop.next();
    await settle();
    assert.deepEqual(acksOf(up), []);
    void loop.next();
    await settle();
    assert.deepEqual(acksOf(up), ["m"]);
    assert.equal(up.sent.at(-1)?.userId, "ann");
    value?.ack();
    await finishOne();
    await settle();
    assert.deepEqual(acksOf(up), ["m"]);
    await other.return();
  });

  test("can be by hand before that, and is not a second time", async () => {
    const { inbox, link } = setup();
    const up = await link();
    const loop = inbox.iterate(undefined, undefined);
    up.response.push(asking("m"));
    const { value } = await loop.next();
    value?.ack();
    value?.ack();
    await loop.return();
    await settle();
    assert.deepEqual(acksOf(up), ["m"]);
  });

  test("is also when consumers come and go while it is handed out", async () => {
    const { inbox, link } = setup();
    const up = await link();
    const leaving = new AbortController();
    let joined: AsyncIterator<{ id: string }> | undefined;
    inbox.add({
      push(delivery) {
        leaving.abort();
        joined = inbox.iterate(undefined, undefined);
        delivery.onHandled();
        return undefined;
      },
      end() {},
    });
    inbox.iterate(undefined, leaving.signal);
    up.response.push(asking("m"));
    await settle();
    assert.deepEqual(acksOf(up), ["m"]);
    up.response.push(incoming("n"));
    assert.equal((await joined?.next())?.value.id, "n", "who came meanwhile begins with the next");
  });

  test("is on the link of the moment when its own is gone or being ended", async () => {
    const { slowDown, finishOne, link, lose } = setup();
    const old = await link();
    slowDown();
    old.response.push(asking("a"), asking("b"));
    await settle();
    const next = await link({}, old);
    await finishOne();
    assert.deepEqual([acksOf(old), acksOf(next)], [[], ["a"]]);
    old.response.end();
    await lose(next);
    const last = await link();
    await finishOne();
    assert.deepEqual(acksOf(last), ["b"]);
  });
});

describe("the outbox", () => {
  test("goes out on the link, and waits when it is lost", async () => {
    const { send, link, lose } = setup();
    const up = await link(resuming);
    void send("a");
    await settle();
    await lose(up);
    void send("b");
    const next = await link(resuming);
    assert.deepEqual([ids(up.sent), ids(next.sent)], [["a"], ["a", "b"]]);
  });

  test("moves to the link that replaces another only when that one has ended", async () => {
    const { send, link } = setup();
    const old = await link(resuming);
    const first = send("a");
    await settle();
    const next = await link(resuming, old);
    assert.equal(old.isHalfClosed, true);
    void send("b");
    await settle();
    assert.deepEqual([ids(old.sent), ids(next.sent)], [["a"], []]);
    old.response.push(ackOf("a"));
    old.response.end();
    assert.equal((await first).delivery, "acknowledged");
    await settle();
    assert.deepEqual(ids(next.sent), ["b"]);
  });

  test("stays with the link after next when the one before has ended late", async () => {
    const { send, link, lose } = setup();
    const old = await link(resuming);
    const next = await link(resuming, old);
    await lose(next);
    const last = await link(resuming);
    old.response.end();
    await settle();
    void send("m");
    await settle();
    assert.deepEqual(ids(last.sent), ["m"]);
  });
});

describe("loops over messages", () => {
  test("end when their signal aborts and when the conversation closes, and begin ended afterwards", async () => {
    const { inbox } = setup();
    const abort = new AbortController();
    const [aborted, closed] = [inbox.iterate(undefined, abort.signal), inbox.iterate(undefined, undefined)];
    const waiting = [aborted.next(), closed.next()];
    abort.abort();
    assert.equal((await waiting[0])?.done, true);
    inbox.close();
    assert.equal((await waiting[1])?.done, true);
    for (const signal of [abort.signal, undefined]) {
      assert.equal((await inbox.iterate(undefined, signal).next()).done, true);
    }
  });

  test("throw the reason when no connection comes any more, also those that begin later", async () => {
    const { inbox } = setup();
    const waiting = inbox.iterate(undefined, undefined).next();
    inbox.giveUp(new ImError("unavailable", "gave up"));
    await assert.rejects(waiting, /gave up/);
    const again = inbox.iterate(undefined, undefined);
    await assert.rejects(again.next(), /gave up/);
    assert.equal((await again.next()).done, true);
  });

  test("leave nothing at the signal when they have ended", async () => {
    const { signal } = new AbortController();
    const loop = setup().inbox.iterate(undefined, signal);
    assert.equal(getEventListeners(signal, "abort").length, 1);
    await loop.return();
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  test("that are left get no more", async () => {
    const { inbox, link } = setup();
    const up = await link();
    const loop = inbox.iterate(undefined, undefined);
    await loop.return();
    up.response.push(incoming("m", { ackRequired: true }));
    await settle();
    assert.deepEqual(acksOf(up), ["m"], "nobody waits for them");
  });
});

describe("while a send has no answer and more is held for the consumers than may be", () => {
  const mebibyte = new Uint8Array(1024 * 1024);
  const large = (sequence: number) =>
    incoming(`${sequence}`, {
      epoch: "e",
      sequence: BigInt(sequence),
      previousSequence: BigInt(sequence - 1),
      content: mebibyte,
    });
  const answer = (join: MessageRequest | undefined, head: bigint) => {
    const response = create(JoinRoomResponseSchema, { head: { epoch: "e", sequence: head }, recovered: true });
    const content = toBinary(JoinRoomResponseSchema, response);
    return incoming(join?.messageId ?? "", { roomId: "r", type: MessageType.JOIN_ROOM, content });
  };
  const cursorOf = (join: MessageRequest | undefined) =>
    fromBinary(JoinRoomRequestSchema, join?.content ?? new Uint8Array()).cursor?.sequence;

  test("messages are dropped and asked for again once half of it is free, and the answer to the send gets through", async () => {
    const { send, delivered, gaps, slowDown, finishOne, link } = setup({ defaultRoomId: "r" });
    const up = await link(resuming);
    up.response.push(answer(joinsOf(up)[0], 0n));
    slowDown();
    const sent = send("a");
    await settle();
    for (let sequence = 1; sequence <= 40; sequence++) up.response.push(large(sequence));
    up.response.push(ackOf("a"));
    assert.equal((await sent).delivery, "acknowledged");
    const before = joinsOf(up).length;
    for (let done = 0; done < 7; done++) await finishOne();
    assert.equal(joinsOf(up).length, before, "there is no room yet");
    for (let done = 0; done < 2; done++) await finishOne();
    const again = joinsOf(up).at(-1);
    assert.equal(joinsOf(up).length, before + 1);
    const held = Number(cursorOf(again));
    assert.ok(held >= 15 && held <= 17, `${held} were held`);
    // What was on its way before the answer is dropped, and comes again after it.
    up.response.push(large(41), answer(again, 41n));
    for (let sequence = held + 1; sequence <= 41; sequence++) up.response.push(large(sequence));
    for (let done = 0; done < 60; done++) await finishOne();
    assert.deepEqual(
      delivered,
      Array.from({ length: 41 }, (_, index) => `${index + 1}`),
    );
    assert.deepEqual(gaps, []);
  });

  test("the next stream asks for them in any case", async () => {
    const { send, delivered, slowDown, finishOne, link, lose } = setup({ defaultRoomId: "r" });
    const up = await link(resuming);
    up.response.push(answer(joinsOf(up)[0], 0n));
    slowDown();
    void send("a");
    await settle();
    for (let sequence = 1; sequence <= 30; sequence++) up.response.push(large(sequence));
    await settle();
    await lose(up);
    const next = await link(resuming);
    const held = Number(cursorOf(joinsOf(next)[0]));
    for (let done = 0; done < 20; done++) await finishOne();
    assert.deepEqual([joinsOf(up).length, joinsOf(next).length], [1, 1], "the lost stream is asked for nothing");
    next.response.push(answer(joinsOf(next)[0], 30n));
    for (let sequence = held + 1; sequence <= 30; sequence++) next.response.push(large(sequence));
    for (let done = 0; done < 40; done++) await finishOne();
    assert.equal(delivered.length, 30);
  });

  test("they are asked for behind what was received, also when nothing of that is acknowledged", async () => {
    const { send, slowDown, finishOne, link } = setup({ defaultRoomId: "r", acknowledge: "manual" });
    const up = await link(resuming);
    up.response.push(answer(joinsOf(up)[0], 0n));
    slowDown();
    void send("a");
    await settle();
    for (let sequence = 1; sequence <= 30; sequence++) up.response.push(large(sequence));
    await settle();
    for (let done = 0; done < 9; done++) await finishOne();
    const held = Number(cursorOf(joinsOf(up).at(-1)));
    assert.ok(held >= 15 && held <= 17, `${held} were held`);
  });

  test("a stream that cannot give them again is held up instead", async () => {
    const { send, delivered, slowDown, finishOne, link } = setup();
    const up = await link({ grants: "ack" });
    slowDown();
    const sent = send("a");
    await settle();
    const plain = (index: number) => incoming(`${index}`, { content: mebibyte });
    up.response.push(...Array.from({ length: 40 }, (_, index) => plain(index)), ackOf("a"));
    await settle();
    let isAnswered = false;
    void sent.then(() => {
      isAnswered = true;
    });
    for (let done = 0; done < 20; done++) await finishOne();
    assert.equal(isAnswered, false);
    for (let done = 0; done < 40; done++) await finishOne();
    assert.deepEqual([isAnswered, delivered.length], [true, 40]);
  });
});

describe("where handlers acknowledge by hand", () => {
  const at = (sequence: number) =>
    incoming(`${sequence}`, {
      epoch: "e",
      sequence: BigInt(sequence),
      previousSequence: BigInt(sequence - 1),
      ackRequired: true,
    });

  test("a message is answered and read by ack() alone; what was let go without comes again on the next stream, the rest does not", async () => {
    const { inbox, link, lose } = setup({ acknowledge: "manual", defaultRoomId: "r" });
    const seen: string[] = [];
    const acknowledged = new Set(["1", "3"]);
    inbox.add({
      push(delivery) {
        const { message } = delivery;
        seen.push(message.id);
        if (acknowledged.has(message.id)) message.ack();
        delivery.onHandled();
        return undefined;
      },
      end() {},
    });
    const up = await link(resuming);
    up.response.push(at(1), at(2), at(3));
    await settle();
    assert.deepEqual(acksOf(up), ["1", "3"]);
    await lose(up);
    acknowledged.add("2");
    const next = await link(resuming);
    const { cursor } = fromBinary(JoinRoomRequestSchema, joinsOf(next)[0]?.content ?? new Uint8Array());
    assert.equal(cursor?.sequence, 1n);
    next.response.push(at(2), at(3), at(4));
    await settle();
    assert.deepEqual(seen, ["1", "2", "3", "2", "4"]);
  });

  test("ten thousand that were let go without an acknowledgement come again on the next stream, and then what is new", async () => {
    const { inbox, positions, link, lose } = setup({ acknowledge: "manual", defaultRoomId: "r" });
    let isHealthy = false;
    const seen: string[] = [];
    inbox.add({
      push(delivery) {
        const { message } = delivery;
        seen.push(message.id);
        if (isHealthy) message.ack();
        delivery.onHandled();
        return undefined;
      },
      end() {},
    });
    const up = await link(resuming);
    const all = Array.from({ length: 10_001 }, (_, index) => at(index + 1));
    up.response.push(...all);
    await settle();
    assert.equal(positions.openCount, 10_000);
    await lose(up);
    isHealthy = true;
    seen.length = 0;
    const next = await link(resuming);
    next.response.push(...all);
    await settle();
    assert.deepEqual([seen.length, positions.openCount], [10_001, 0]);
  });

  test("ten thousand without an acknowledgement hold the stream up until half of them have one", async () => {
    const { inbox, positions, link } = setup({ acknowledge: "manual", defaultRoomId: "r" });
    const acks: (() => void)[] = [];
    inbox.add({
      push(delivery) {
        const { message } = delivery;
        acks.push(() => message.ack());
        delivery.onHandled();
        return undefined;
      },
      end() {},
    });
    const up = await link(resuming);
    up.response.push(...Array.from({ length: 12_000 }, (_, index) => at(index + 1)));
    await settle();
    assert.deepEqual([acks.length, positions.openCount], [10_000, 10_000]);
    for (const ack of acks.slice(0, 4_999)) ack();
    await settle();
    assert.equal(acks.length, 10_000);
    acks[4_999]?.();
    await settle();
    assert.equal(acks.length, 12_000);
  });
});
