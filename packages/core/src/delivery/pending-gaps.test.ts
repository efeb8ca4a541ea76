import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage } from "../messages/decode-message.ts";
import { incoming } from "../test-kit/frames.ts";
import type { Gap, RoomPosition } from "./gap.ts";
import { PendingGaps } from "./pending-gaps.ts";

function setup() {
  const told: Gap[] = [];
  const gaps = new PendingGaps((gap) => told.push(gap));
  return {
    gaps,
    told,
    lose(sequence: number, { roomId = "r", epoch = "e", previous = sequence - 1 } = {}) {
      const position = { epoch, sequence: BigInt(sequence), previousSequence: BigInt(previous) };
      gaps.add(decodeMessage(incoming("m", { roomId, ...(sequence === 0 ? {} : position) }), () => {}));
    },
  };
}

const at = (sequence: number, epoch = "e"): RoomPosition => ({ epoch, sequence: BigInt(sequence) });
const gap = (roomId: string, after?: RoomPosition, upTo?: RoomPosition): Gap => ({
  roomId,
  reason: "slow_consumer",
  after,
  upTo,
});

test("many messages of a room are one gap, from the position before the first to that of the last, told once", () => {
  const { gaps, told, lose } = setup();
  assert.equal(gaps.isEmpty, true);
  lose(5, { previous: 3 });
  lose(6);
  lose(9, { previous: 6 });
  assert.deepEqual([told, gaps.isEmpty], [[], false]);
  gaps.tell("r");
  gaps.tell("r");
  assert.deepEqual([told, gaps.isEmpty], [[gap("r", at(3), at(9))], true]);
});

test("what is lost after a gap was told is a gap that begins where that one ended", () => {
  const { gaps, told, lose } = setup();
  for (const sequence of [1, 2]) {
    lose(sequence);
    gaps.tell("r");
  }
  assert.deepEqual(told, [gap("r", at(0), at(1)), gap("r", at(1), at(2))]);
});

test("each room has its own, told alone or all at once", () => {
  const { gaps, told, lose } = setup();
  lose(1, { roomId: "a" });
  lose(7, { roomId: "b" });
  lose(2, { roomId: "c" });
  gaps.tell("b");
  gaps.tell("nothing lost");
  gaps.tellAll();
  assert.deepEqual(told, [gap("b", at(6), at(7)), gap("a", at(0), at(1)), gap("c", at(1), at(2))]);
});

test("a gap may reach into another log", () => {
  const { gaps, told, lose } = setup();
  lose(8);
  lose(1, { epoch: "f" });
  gaps.tell("r");
  assert.deepEqual(told, [gap("r", at(7), at(1, "f"))]);
});

test("messages without a position are a gap of unknown extent, and move the ends of none that is known", () => {
  const { gaps, told, lose } = setup();
  lose(0);
  gaps.tell("r");
  for (const sequence of [0, 4, 0]) lose(sequence);
  gaps.tell("r");
  assert.deepEqual(told, [gap("r"), gap("r", at(3), at(4))]);
});

test("what is cleared is not told", () => {
  const { gaps, told, lose } = setup();
  lose(1);
  gaps.clear();
  gaps.tellAll();
  assert.deepEqual(told, []);
});
