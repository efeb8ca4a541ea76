import assert from "node:assert/strict";
import { test } from "node:test";
import { covers } from "./gap-coverage.ts";

const at = (sequence: number, epoch = "one") => ({ epoch, sequence: BigInt(sequence) });
const visited = new Set(["one", "three"]);

test("a gap within a log covers what is after its begin, up to its end, and nothing of other logs", () => {
  const gap = { after: at(3), upTo: at(6) };
  const inside = [2, 3, 4, 6, 7].filter((sequence) => covers(gap, at(sequence), visited));
  assert.deepEqual(inside, [4, 6]);
  assert.equal(covers(gap, at(5, "two"), visited), false);
});

test("a gap from one log to another covers the end of the first, the begin of the second and all that was in between", () => {
  const gap = { after: at(3), upTo: at(2, "three") };
  assert.deepEqual(
    [at(3), at(4), at(2, "three"), at(3, "three"), at(1, "two")].map((position) => covers(gap, position, visited)),
    [false, true, true, false, true],
  );
});

test("a gap without a begin covers its own log up to the end, and one without an end everything", () => {
  assert.equal(covers({ after: undefined, upTo: at(2) }, at(2), visited), true);
  assert.equal(covers({ after: undefined, upTo: at(2) }, at(3), visited), false);
  assert.equal(covers({ after: undefined, upTo: at(2) }, at(1, "two"), visited), false);
  assert.equal(covers({ after: at(2), upTo: undefined }, at(9, "two"), visited), true);
});

test("a gap from one log to another does not cover a log in between in which its receiver was", () => {
  const gap = { after: at(3), upTo: at(2, "three") };
  assert.equal(covers(gap, at(1, "two"), new Set(["one", "two", "three"])), false);
});
