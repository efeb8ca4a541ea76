import assert from "node:assert/strict";
import { test } from "node:test";
import { Reception } from "./reception.ts";
import type { SentMessage } from "./sent-message.ts";
import { Violations } from "./violations.ts";

const at = (sequence: number, epoch: string) => ({ epoch, sequence: BigInt(sequence) });
const gap = (after: ReturnType<typeof at>, upTo: ReturnType<typeof at>) =>
  ({ roomId: "lobby", reason: "not_in_log", after, upTo }) as const;

const message: SentMessage = {
  id: "a",
  from: "ann",
  roomId: "lobby",
  ordinal: 0,
  deadlineAtMs: 1_000,
  expected: undefined,
  hasLeft: true,
  outcome: "acknowledged",
  settledAtMs: 10,
  position: undefined,
};

test("a log of which its receiver had only a gap is one in which it was: no later gap covers the rest of it", () => {
  const reception = new Reception("bob", new Violations());
  reception.told(gap(at(1, "one"), at(2, "two")));
  reception.told(gap(at(1, "three"), at(1, "four")));
  assert.equal(reception.misses(message, at(2, "two")), false);
  assert.equal(reception.misses(message, at(3, "two")), true);
});

test("a log that its receiver left by a gap is one in which it was, too", () => {
  const reception = new Reception("bob", new Violations());
  reception.told(gap(at(2, "two"), at(1, "three")));
  reception.told(gap(at(1, "three"), at(1, "four")));
  assert.equal(reception.misses(message, at(2, "two")), true);
  assert.equal(reception.misses(message, at(3, "two")), false);
});

test("a log that came and went unseen is covered by the gap from the one before to the one after", () => {
  const reception = new Reception("bob", new Violations());
  reception.told(gap(at(1, "one"), at(1, "three")));
  assert.equal(reception.misses(message, at(9, "two")), false);
});
