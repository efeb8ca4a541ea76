import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  JoinRoomRequestSchema,
  JoinRoomResponseSchema,
  type MessageRequest,
  type MessageResponse,
  MessageType,
} from "@im-sdk/gen";
import fc from "fast-check";
import { incoming } from "../test-kit/frames.ts";
import { ManualDisk, type ManualStore } from "../test-kit/manual-store.ts";
import { ModelRoom } from "../test-kit/model-room.ts";
import { ClientJournal } from "./client-journal.ts";
import type { Gap, RoomPosition } from "./gap.ts";
import { HandlerConsumer } from "./handler-consumer.ts";
import { Inbox } from "./inbox.ts";
import { resolveInboxOptions } from "./inbox-options.ts";
import { JoinedRooms } from "./joined-rooms.ts";
import { RoomPositions } from "./room-positions.ts";

type Acknowledge = "automatic" | "manual";

type Step =
  | { do: "post" | "break" | "replace" | "trim" | "lose" | "flush" | "kill" }
  | { do: "read"; on: "new" | "old" }
  | { do: "finish"; acknowledged: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("post" as const) }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constant("read" as const), on: fc.constantFrom("new" as const, "old" as const) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("finish" as const), acknowledged: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("break" as const, "replace" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("trim" as const, "lose" as const, "kill" as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
);

/** One number for a position, in the order of time. */
const rank = ({ epoch, sequence }: RoomPosition) => Number(epoch.slice(1)) * 1_000 + Number(sequence);

/** One user who reads a room, over process after process and stream after stream. */
class World {
  readonly acknowledge: Acknowledge;
  readonly hasStore: boolean;
  readonly disk = new ManualDisk();
  readonly room = new ModelRoom("r");
  /** Everything that was posted since the first join. */
  readonly posted: RoomPosition[] = [];
  /** In the order in which the handler was given them, by rank. */
  readonly given: number[] = [];
  /** By rank, in this process. */
  acknowledged = new Set<number>();
  /** In any process. */
  readonly everAcknowledged = new Set<number>();
  readonly gaps: Gap[] = [];
  store: ManualStore = this.disk.open();
  #positions = new RoomPositions({ onGap() {} });
  #rooms = new JoinedRooms({ userId: "ann", positions: this.#positions, onLost: assert.fail });
  #inbox = new Inbox({ positions: this.#positions, acknowledge: "automatic", onGap() {} });
  #inHand: ((acknowledged: boolean) => void) | undefined;
  #stream: MessageResponse[] = [];
  #old: MessageResponse[] | undefined;
  #hasConnected = false;

  constructor(acknowledge: Acknowledge, hasStore: boolean) {
    this.acknowledge = acknowledge;
    this.hasStore = hasStore;
  }

  async begin(): Promise<void> {
    this.store = this.disk.open();
    const journal = this.hasStore
      ? new ClientJournal({ store: this.store, userId: "ann", onError: assert.fail })
      : undefined;
    const positions = new RoomPositions({
      onGap: (gap) => this.gaps.push(gap),
      waitsForAcknowledge: this.acknowledge === "manual" || this.hasStore,
      ...(journal && { onMoved: (roomId, position) => journal.moveCursor(roomId, position) }),
    });
    this.#positions = positions;
    this.#rooms = new JoinedRooms({ userId: "ann", positions, onLost: assert.fail });
    this.#rooms.add("r", {});
    this.#inbox = new Inbox({
      positions,
      acknowledge: this.acknowledge,
      onGap: (gap) => this.gaps.push(gap),
      positionsKept: journal && (() => journal.written()),
    });
    this.#inbox.add(
      new HandlerConsumer(
        ({ message }) => {
          const place = rank({ epoch: message.epoch ?? "e0", sequence: message.sequence ?? 0n });
          assert.ok(!this.acknowledged.has(place), `${place} is given again although it was acknowledged`);
          this.given.push(place);
          return new Promise((resolve) => {
            this.#inHand = (acknowledged) => {
              if (acknowledged) {
                message.ack();
                this.acknowledged.add(place);
                this.everAcknowledged.add(place);
              }
              resolve();
            };
          });
        },
        { ...resolveInboxOptions({ maxQueued: 1_000 }), onGap() {} },
      ),
    );
    await journal?.load(({ cursors }) => positions.restore(cursors));
    this.#connect(this.#hasConnected && positions.get("r") !== undefined);
    this.#hasConnected = true;
    // The very first join is where the account begins.
    this.read("new");
    this.store.flush();
    await nextTurn();
    this.store.flush();
  }

  post(): void {
    this.room.post(`m${this.posted.length}`);
    const message = this.room.after(this.room.head - 1n)[0];
    assert.ok(message !== undefined);
    this.posted.push({ epoch: message.epoch, sequence: message.sequence });
    for (const stream of [this.#stream, this.#old]) stream?.push(message);
  }

  /** The client takes the next frame of a stream. */
  read(on: "new" | "old"): void {
    const frame = (on === "new" ? this.#stream : this.#old)?.shift();
    if (frame === undefined) return;
    if (frame.type === MessageType.JOIN_ROOM) {
      this.#rooms.onFrame(frame);
      return;
    }
    const accepted = this.#positions.advance(frame);
    if (accepted !== undefined) void this.#inbox.deliver(frame, accepted, () => {});
  }

  finish(acknowledged: boolean): void {
    const inHand = this.#inHand;
    this.#inHand = undefined;
    inHand?.(acknowledged);
  }

  break(): void {
    this.#old = undefined;
    this.#rooms.forgetPending();
    this.#connect(true);
  }

  /** The log is lost with its server, and so are the streams. */
  lose(): void {
    this.room.loseLog();
    this.break();
  }

  /** The next stream is up before the old one has ended. */
  replace(): void {
    const previous = this.#stream;
    this.#connect(true);
    this.#old = previous;
  }

  async kill(): Promise<void> {
    if (!this.hasStore) return;
    this.store.kill();
    this.#inHand = undefined;
    this.acknowledged = new Set();
    this.#old = undefined;
    await this.begin();
  }

  get inHand(): boolean {
    return this.#inHand !== undefined;
  }

  get unread(): number {
    return this.#stream.length + (this.#old?.length ?? 0);
  }

  /** What a server answers to a join, and what it then sends. */
  #connect(isRejoin: boolean): void {
    const join: MessageRequest = this.#rooms.joinFrame("r", isRejoin);
    const { cursor } = fromBinary(JoinRoomRequestSchema, join.content);
    const { epoch, head, floor } = this.room;
    let from = cursor === undefined ? head : floor;
    let recovered = cursor === undefined;
    if (cursor?.epoch === epoch) {
      if (cursor.sequence > head) from = head;
      recovered = cursor.sequence >= floor && cursor.sequence <= head;
      if (recovered) from = cursor.sequence;
    }
    const response = create(JoinRoomResponseSchema, { head: { epoch, sequence: head }, recovered });
    const content = toBinary(JoinRoomResponseSchema, response);
    const answer = incoming(join.messageId, { type: MessageType.JOIN_ROOM, content, fromUserId: "" });
    this.#stream = [answer, ...this.room.after(from)];
  }
}

async function live(world: World, steps: readonly Step[]): Promise<void> {
  await world.begin();
  for (const action of steps) {
    if (action.do === "post") world.post();
    else if (action.do === "read") world.read(action.on);
    else if (action.do === "finish") world.finish(action.acknowledged);
    else if (action.do === "break") world.break();
    else if (action.do === "replace") world.replace();
    else if (action.do === "trim") world.room.trim(2);
    else if (action.do === "lose") world.lose();
    else if (action.do === "flush") world.store.flush();
    else await world.kill();
    await nextTurn();
  }
  // Peace: everything is read and handled; then once more, for what was left over.
  for (let round = 0; round < 2; round++) {
    // A few turns more, for what waits to be kept before it is given.
    for (let idle = 0; idle < 5; idle = world.unread > 0 || world.inHand ? 0 : idle + 1) {
      world.read("old");
      world.read("new");
      world.store.flush();
      await nextTurn();
      world.finish(true);
      world.store.flush();
      await nextTurn();
    }
    world.break();
  }
}

/** Positions that were neither given, or acknowledged, nor told as missing. */
function lost({ posted, gaps }: World, given: readonly number[]): number[] {
  const isTold = (place: number) =>
    gaps.some(({ after, upTo }) => after && upTo && rank(after) < place && place <= rank(upTo));
  return posted.map(rank).filter((place) => !given.includes(place) && !isTold(place));
}

describe("under any schedule of breaks, replacements, trimmed and lost logs and kills", () => {
  for (const hasStore of [false, true]) {
    test(`a handler is given each message once and in order, or told of a gap, ${hasStore ? "with" : "without"} a store`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 150 }), async (steps) => {
          const world = new World("automatic", hasStore);
          await live(world, steps);
          const { given } = world;
          assert.deepEqual(
            given,
            given.toSorted((a, b) => a - b),
          );
          assert.equal(new Set(given).size, given.length, "given twice");
          assert.deepEqual(lost(world, given), []);
        }),
        { numRuns: 200 },
      );
    });

    test(`one that acknowledges by hand is given each at least once, first in order, and none again that this process had acknowledged, ${hasStore ? "with" : "without"} a store`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 150 }), async (steps) => {
          const world = new World("manual", hasStore);
          await live(world, steps);
          assert.deepEqual(lost(world, [...world.everAcknowledged]), []);
          const firsts = [...new Set(world.given)];
          assert.deepEqual(
            firsts,
            firsts.toSorted((a, b) => a - b),
          );
        }),
        { numRuns: 200 },
      );
    });
  }
});
