import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type JoinRoomResponse, JoinRoomResponseSchema } from "@im-sdk/gen";
import fc from "fast-check";
import { incoming } from "../test-kit/frames.ts";
import type { Gap, RoomPosition } from "./gap.ts";
import { RoomPositions } from "./room-positions.ts";

function setup() {
  const told: (string | Gap)[] = [];
  const positions = new RoomPositions({ onGap: (gap) => told.push(gap) });
  return {
    positions,
    /** Delivered sequences and gaps, in order. */
    told,
    see(sequence: number, previous = sequence - 1, epoch = "e") {
      const frame = incoming("", { epoch, sequence: BigInt(sequence), previousSequence: BigInt(previous) });
      if (positions.advance(frame)) told.push(`${epoch}${sequence}`);
    },
  };
}

const at = (sequence: number, epoch = "e"): RoomPosition => ({ epoch, sequence: BigInt(sequence) });
const sent = (position: RoomPosition) => ({ position, received: position.sequence });
const gap = (after: RoomPosition, upTo: RoomPosition): Gap => ({ roomId: "r", reason: "not_in_log", after, upTo });
const blindGap = (after?: RoomPosition): Gap => ({ roomId: "r", reason: "no_cursor", after, upTo: undefined });

function answer(head: RoomPosition | undefined, recovered = false): JoinRoomResponse {
  return create(JoinRoomResponseSchema, { recovered, ...(head === undefined ? {} : { head }) });
}

describe("messages with a position", () => {
  test("each is let through once, whatever is behind the cursor is dropped", () => {
    const { see, told } = setup();
    for (const sequence of [5, 6, 6, 5, 7]) see(sequence);
    assert.deepEqual(told, ["e5", "e6", "e7"]);
  });

  test("the first of a room tells where it begins, and no gap", () => {
    const { see, told } = setup();
    see(40);
    assert.deepEqual(told, ["e40"]);
  });

  test("one that follows on another than the last seen reports a gap first, once", () => {
    const { see, told } = setup();
    see(1);
    see(5);
    see(6);
    assert.deepEqual(told, ["e1", gap(at(1), at(4)), "e5", "e6"]);
  });

  test("sequences may leave numbers out", () => {
    const { see, told } = setup();
    see(10, 0);
    see(20, 10);
    see(35, 20);
    assert.deepEqual(told, ["e10", "e20", "e35"]);
  });

  test("another epoch reports a gap, and its sequences begin anew", () => {
    const { see, told } = setup();
    see(100);
    see(1, 0, "f");
    see(2, 1, "f");
    assert.deepEqual(told, ["e100", gap(at(100), at(0, "f")), "f1", "f2"]);
  });

  test("rooms are told apart, and a room that was left begins anew", () => {
    const { positions, see, told } = setup();
    see(5);
    assert.ok(positions.advance(incoming("", { roomId: "other", epoch: "e", sequence: 3n })));
    assert.deepEqual([positions.get("r"), positions.get("other")], [at(5), at(3)]);
    positions.forget("r");
    assert.equal(positions.get("r"), undefined);
    see(50);
    assert.deepEqual(told, ["e5", "e50"]);
  });
});

describe("messages without a position", () => {
  test("are dropped when their id was seen in their room, and not when they have none", () => {
    const { positions } = setup();
    const seen = [
      incoming("a"),
      incoming("a"),
      incoming("a", { roomId: "other" }),
      incoming("b"),
      incoming(""),
      incoming(""),
    ].map((frame) => positions.advance(frame) !== undefined);
    assert.deepEqual(seen, [true, false, true, true, true, true]);
  });

  test("are remembered for the last ten thousand, and not for ever", () => {
    const { positions } = setup();
    positions.advance(incoming("first"));
    for (let index = 0; index < 9_999; index++) positions.advance(incoming(`${index}`));
    assert.equal(positions.advance(incoming("first")), undefined);
    for (let index = 0; index < 20_000; index++) positions.advance(incoming(`other ${index}`));
    assert.ok(positions.advance(incoming("first")));
  });
});

describe("the answer to a join", () => {
  test("sets where a room that was not read begins, so that a loss right after it shows", () => {
    const { positions, see, told } = setup();
    positions.onJoined("r", answer(at(7)));
    see(9);
    assert.deepEqual(told, [gap(at(7), at(8)), "e9"]);
  });

  test("without a head sets nothing", () => {
    const { positions } = setup();
    positions.onJoined("r", answer(undefined));
    assert.equal(positions.get("r"), undefined);
  });

  test("does not make messages pass for seen that are still on their way", () => {
    const { positions, see, told } = setup();
    see(5);
    positions.onJoined("r", answer(at(7)));
    for (const sequence of [6, 7, 8]) see(sequence);
    assert.deepEqual(told, ["e5", "e6", "e7", "e8"]);
  });
});

describe("the answer to a join with a cursor", () => {
  test("that recovered everything reports nothing", () => {
    const { positions, see, told } = setup();
    see(5);
    positions.onResumed("r", answer(at(9), true), sent(at(5)));
    for (const sequence of [6, 7]) see(sequence);
    assert.deepEqual(told, ["e5", "e6", "e7"]);
  });

  test("that did not reports the gap at once, and not again with the messages that are left", () => {
    const { positions, see, told } = setup();
    see(5);
    positions.onResumed("r", answer(at(20)), sent(at(5)));
    for (const sequence of [15, 16, 21]) see(sequence, sequence === 21 ? 20 : sequence - 1);
    assert.deepEqual(told, ["e5", gap(at(5), at(20)), "e15", "e16", "e21"]);
  });

  test("covers losses up to the head only", () => {
    const { positions, see, told } = setup();
    see(5);
    positions.onResumed("r", answer(at(20)), sent(at(5)));
    see(25);
    assert.deepEqual(told, ["e5", gap(at(5), at(20)), gap(at(5), at(24)), "e25"]);
  });

  test("of another epoch reports the gap, and takes that epoch's messages from the first", () => {
    const { positions, see, told } = setup();
    see(50);
    positions.onResumed("r", answer(at(3, "f")), sent(at(50)));
    see(2, 1, "f");
    see(3, 2, "f");
    see(5, 4, "f");
    assert.deepEqual(told, [
      "e50",
      gap(at(50), at(0, "f")),
      gap(at(0, "f"), at(1, "f")),
      "f2",
      "f3",
      gap(at(3, "f"), at(4, "f")),
      "f5",
    ]);
  });

  test("covers nothing of an epoch that comes after it", () => {
    const { positions, see, told } = setup();
    see(5);
    positions.onResumed("r", answer(at(20)), sent(at(5)));
    see(1, 0, "f");
    see(10, 9, "f");
    assert.deepEqual(told.slice(-3), ["f1", gap(at(1, "f"), at(9, "f")), "f10"]);
  });

  test("at the head reports nothing, whatever it says of recovering", () => {
    const { positions, see, told } = setup();
    see(5);
    positions.onResumed("r", answer(at(5)), sent(at(5)));
    assert.deepEqual(told, ["e5"]);
  });

  test("reports nothing when another connection has brought it all meanwhile", () => {
    const { positions, see, told } = setup();
    see(5);
    see(6);
    positions.onResumed("r", answer(at(6)), sent(at(5)));
    see(7);
    assert.deepEqual(told, ["e5", "e6", "e7"]);
  });

  test("of a log that has lost its end reports that, and takes what follows for new", () => {
    const { positions, see, told } = setup();
    see(9);
    positions.onResumed("r", answer(at(3)), sent(at(9)));
    see(4);
    assert.deepEqual(told, ["e9", gap(at(9), at(3)), "e4"]);
  });

  test("for a room that is not read any more begins it anew", () => {
    const { positions, told } = setup();
    positions.onResumed("r", answer(at(3)), sent(at(1)));
    assert.deepEqual([told, positions.get("r")], [[], at(3)]);
  });
});

test("a message that is sent again into a new log is delivered once", () => {
  const { positions } = setup();
  const take = (epoch: string, sequence: bigint, fromUserId = "bob") =>
    positions.advance(incoming("m", { epoch, sequence, fromUserId })) !== undefined;
  assert.equal(take("e", 5n), true);
  assert.equal(take("f", 1n), false);
  assert.deepEqual(positions.get("r"), at(1, "f"));
  assert.equal(take("f", 2n, "carol"), true, "ids are each sender's own");
});

test("a join again on a server without positions is a gap of unknown extent", () => {
  const { positions, see, told } = setup();
  positions.onRejoinedBlindly("r");
  see(5);
  positions.onRejoinedBlindly("r");
  see(90);
  assert.deepEqual(told, [blindGap(), "e5", blindGap(at(5)), "e90"]);
});

test("a position that was given out does not move", () => {
  const { positions, see } = setup();
  see(1);
  const before = positions.get("r");
  see(2);
  assert.deepEqual(before, at(1));
});

test("over streams with losses, duplicates and two connections: at most once, in order, every loss within a gap", () => {
  const epochs = fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 3,
  });
  /** For every message and connection: lost, once, or twice. */
  const fates = fc.infiniteStream(fc.constantFrom(0, 1, 1, 1, 2));
  const merges = fc.infiniteStream(fc.boolean());

  fc.assert(
    fc.property(epochs, fates, merges, (steps, fate, merge) => {
      const gaps: { after: number; upTo: number }[] = [];
      const delivered: number[] = [];
      const all: number[] = [];
      /** One number for epoch and sequence, in the order of time. */
      const rank = (position: RoomPosition) => Number(position.epoch) * 1_000 + Number(position.sequence);
      const positions = new RoomPositions({
        onGap({ after, upTo }) {
          assert.ok(after !== undefined && upTo !== undefined);
          gaps.push({ after: rank(after), upTo: rank(upTo) });
        },
      });

      for (const [index, increments] of steps.entries()) {
        let sequence = 0;
        const log = increments.map((increment) => {
          const previous = sequence;
          sequence += increment;
          all.push(rank(at(sequence, `${index}`)));
          return incoming("", {
            epoch: `${index}`,
            sequence: BigInt(sequence),
            previousSequence: BigInt(previous),
          });
        });
        // Each connection keeps the order of the log; how the two mix is chance.
        const lanes = [0, 1].map(() => log.flatMap((frame) => Array(fate.next().value).fill(frame)));
        for (;;) {
          const lane = lanes[merge.next().value ? 0 : 1] ?? [];
          const frame = lane.shift() ?? lanes[0]?.shift() ?? lanes[1]?.shift();
          if (frame === undefined) break;
          const reported = gaps.length;
          if (positions.advance(frame)) delivered.push(rank(frame));
          else assert.equal(gaps.length, reported, "a message that is dropped reports nothing");
        }
      }

      for (const [index, position] of delivered.entries()) {
        if (index > 0) assert.ok(position > (delivered[index - 1] ?? 0), "delivered once and in order");
      }
      const [first = Infinity, last = -Infinity] = [delivered[0], delivered.at(-1)];
      for (const position of all) {
        if (position < first || position > last || delivered.includes(position)) continue;
        assert.ok(
          gaps.some(({ after, upTo }) => after < position && position <= upTo),
          `the loss of ${position} is covered by no gap`,
        );
      }
      // Nothing that came is reported as missing.
      for (const position of delivered) {
        assert.ok(!gaps.some(({ after, upTo }) => after < position && position <= upTo), `${position} was not lost`);
      }
    }),
    { numRuns: 1_000 },
  );
});

describe("where a message is read once it is acknowledged", () => {
  function manual() {
    const moves: string[] = [];
    const gaps: Gap[] = [];
    const positions = new RoomPositions({
      onGap: (gap) => gaps.push(gap),
      waitsForAcknowledge: true,
      onMoved: (roomId, position) => moves.push(`${roomId} ${position && `${position.epoch}${position.sequence}`}`),
    });
    const see = (sequence: number, epoch = "e", id = `${epoch}${sequence}`) =>
      positions.advance(incoming(id, { epoch, sequence: BigInt(sequence), previousSequence: BigInt(sequence - 1) }));
    return { positions, moves, gaps, see };
  }

  test("the room goes on with the first that is not, and says so when that moves", () => {
    const { positions, moves, see } = manual();
    positions.onJoined("r", answer(at(4)));
    const [five, six, seven] = [see(5), see(6), see(7)];
    assert.deepEqual([positions.get("r"), positions.openCount], [at(4), 3]);
    six?.acknowledge();
    assert.deepEqual(positions.get("r"), at(4));
    five?.acknowledge();
    assert.deepEqual(positions.get("r"), at(6));
    seven?.acknowledge();
    assert.deepEqual([positions.get("r"), positions.openCount], [at(7), 0]);
    assert.deepEqual(moves, ["r e4", "r e6", "r e7"]);
    assert.deepEqual(positions.resumePoint("r"), { position: at(7), received: 7n });
  });

  test("what comes again is let through only when its consumers are done with it and did not acknowledge it", () => {
    const { positions, see } = manual();
    const [, second, third] = [see(1), see(2), see(3)];
    second?.onDone();
    third?.acknowledge();
    assert.deepEqual(
      [1, 2, 3].map((sequence) => see(sequence) !== undefined),
      [false, true, false],
    );
    assert.deepEqual(positions.resumePoint("r"), { position: at(0), received: 3n });
    assert.deepEqual(positions.receivedPoint("r"), { position: at(3), received: 3n });
  });

  test("what comes again is obsolete once it was acknowledged after all", () => {
    const { see } = manual();
    const first = see(1);
    first?.onDone();
    const again = see(1);
    assert.deepEqual([first?.isObsolete, again?.isObsolete?.()], [undefined, false]);
    first?.acknowledge();
    assert.equal(again?.isObsolete?.(), true);
  });

  test("a log that no longer has what is to come again is a gap from there; what it still has of it comes", () => {
    const { positions, gaps, see } = manual();
    const [first, second, third] = [see(1), see(2), see(3)];
    for (const accepted of [first, second, third]) accepted?.onDone();
    const sent = positions.resumePoint("r");
    assert.ok(sent !== undefined);
    // Everything that the room has was received before.
    positions.onResumed("r", answer(at(3)), sent);
    assert.deepEqual(gaps, [gap(at(0), at(3))]);
    assert.deepEqual(positions.get("r"), at(0));
    assert.deepEqual(
      [2, 3, 4].map((sequence) => see(sequence) !== undefined),
      [true, true, true],
    );
    assert.deepEqual([positions.get("r"), positions.openCount], [at(1), 3]);
  });

  test("a new log begins anew, and late acknowledgements of the old one say nothing about it", () => {
    const { positions, moves, see } = manual();
    const old = see(1);
    see(1, "f");
    assert.deepEqual([positions.get("r"), positions.openCount], [at(0, "f"), 1]);
    old?.acknowledge();
    assert.deepEqual(positions.get("r"), at(0, "f"));
    assert.deepEqual(moves, ["r e0", "r f0"]);
  });

  test("a log that has lost its end while everything was recovered is noticed by what was received", () => {
    const { positions, gaps, see } = manual();
    for (const sequence of [1, 2, 3, 4]) see(sequence);
    const sent = positions.resumePoint("r");
    assert.ok(sent !== undefined);
    positions.onResumed("r", answer(at(2), true), sent);
    assert.deepEqual(gaps, [gap(at(0), at(2))]);
    assert.ok(see(3, "e", "another") !== undefined, "it is another message than the one of this number before");
  });
});

test("the answer to a join says nothing when messages that came before it have told by themselves", () => {
  const { positions, see, told } = setup();
  see(5);
  const sent = positions.resumePoint("r");
  assert.ok(sent !== undefined);
  see(10);
  positions.onResumed("r", answer(at(12)), sent);
  assert.deepEqual(told, ["e5", gap(at(5), at(9)), "e10"]);
});

test("it says when less is waited for, since somebody may wait for that", () => {
  let discarded = 0;
  const positions = new RoomPositions({ onGap() {}, waitsForAcknowledge: true, onDiscarded: () => discarded++ });
  const see = (epoch: string) => positions.advance(incoming("", { epoch, sequence: 1n }));
  see("e");
  see("f");
  assert.deepEqual([discarded, positions.openCount], [1, 1]);
  positions.forget("r");
  assert.deepEqual([discarded, positions.openCount], [2, 0]);
});

describe("what an earlier process has left", () => {
  test("is where the room goes on, until it is joined or left", () => {
    const moves: string[] = [];
    const positions = new RoomPositions({ onGap() {}, onMoved: (roomId) => moves.push(roomId) });
    positions.restore(
      new Map([
        ["r", at(7)],
        ["other", at(1)],
      ]),
    );
    assert.deepEqual(
      [positions.get("r"), positions.isRestored("r"), positions.isRestored("new")],
      [at(7), true, false],
    );
    positions.onJoined("r", answer(at(20)));
    assert.deepEqual(positions.get("r"), at(7));
    positions.onResumed("r", answer(at(20), true), { position: at(7), received: 7n });
    assert.deepEqual([positions.isRestored("r"), positions.get("r")], [false, at(7)]);
    positions.forget("other");
    assert.deepEqual(moves, ["other"]);
  });
});

test("a room that is set aside goes on where it was when it is joined again", () => {
  const { positions, see } = setup();
  see(5);
  positions.setAside("r");
  assert.deepEqual([positions.isRestored("r"), positions.get("r")], [true, at(5)]);
});
