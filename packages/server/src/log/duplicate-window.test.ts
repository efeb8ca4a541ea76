import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DuplicateWindow } from "./duplicate-window.ts";

const windowMs = 10;
const maxIdsPerUser = 5;

interface Known {
  readonly userId: string;
  readonly id: string;
  readonly sequence: bigint;
  readonly timestampMs: number;
}

/** What is remembered, told in the simplest way: a list of all, filtered anew for every question. */
class Model {
  #all: Known[] = [];

  find(userId: string, id: string, nowMs: number, floor: bigint): Known | undefined {
    // The oldest go first, so one that is still to be remembered keeps all of the user's that came after it.
    const own = this.#all.filter((known) => known.userId === userId);
    const first = own.findIndex((known) => known.sequence > floor || nowMs - known.timestampMs < windowMs);
    const left = first < 0 ? [] : own.slice(first);
    this.#all = this.#all.filter((known) => known.userId !== userId || left.includes(known));
    return left.find((known) => known.id === id);
  }

  remember(known: Known): void {
    this.#all.push(known);
    const own = this.#all.filter(({ userId }) => userId === known.userId);
    if (own.length > maxIdsPerUser) this.#all = this.#all.filter((each) => each !== own[0]);
  }
}

test("whatever is posted by whom and when, exactly the ids that must be known are known", () => {
  const step = fc.record({
    userId: fc.constantFrom("a", "b", "c"),
    id: fc.nat(12).map(String),
    passedMs: fc.oneof(fc.constant(0), fc.nat(4)),
    dropped: fc.nat(2),
    prune: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const window = new DuplicateWindow({ windowMs, maxIdsPerUser });
      const model = new Model();
      let [nowMs, floor, head] = [0, 0n, 0n];
      for (const { userId, id, passedMs, dropped, prune } of steps) {
        nowMs += passedMs;
        floor = floor + BigInt(dropped) > head ? head : floor + BigInt(dropped);
        if (prune) window.prune(nowMs, floor);
        const expected = model.find(userId, id, nowMs, floor);
        const found = window.find(userId, id, nowMs, floor);
        assert.deepEqual(found, expected && { sequence: expected.sequence, timestampMs: expected.timestampMs });
        if (found !== undefined) continue;
        const position = { sequence: ++head, timestampMs: nowMs };
        window.remember(userId, id, position);
        model.remember({ userId, id, ...position });
      }
    }),
  );
});

test("a user who posts without end makes the room forget nobody else's ids", () => {
  const window = new DuplicateWindow({ windowMs: 1000, maxIdsPerUser: 10 });
  window.remember("quiet", "m", { sequence: 1n, timestampMs: 0 });
  for (let i = 2n; i <= 1000n; i += 1n) window.remember("busy", `m${i}`, { sequence: i, timestampMs: 1 });
  assert.deepEqual(window.find("quiet", "m", 999, 1000n), { sequence: 1n, timestampMs: 0 });
  assert.equal(window.find("busy", "m990", 999, 1000n), undefined);
  assert.equal(window.find("busy", "m991", 999, 1000n)?.sequence, 991n);
  assert.equal(window.size, 11);
});

test("an id that was stored again is known by its newest position, for as long as that one's window", () => {
  const window = new DuplicateWindow({ windowMs: 10, maxIdsPerUser: 10 });
  window.remember("a", "m", { sequence: 1n, timestampMs: 0 });
  window.remember("a", "m", { sequence: 2n, timestampMs: 20 });
  assert.equal(window.find("a", "m", 29, 2n)?.sequence, 2n);
  assert.equal(window.find("a", "m", 30, 2n), undefined);
});

test("ids that were stored again do not let a user go over the bound", () => {
  const window = new DuplicateWindow({ windowMs: 10, maxIdsPerUser: 2 });
  ["a", "a", "b", "c"].forEach((id, index) => {
    window.remember("u", id, { sequence: BigInt(index + 1), timestampMs: index });
  });
  assert.equal(window.size, 2);
  assert.equal(window.find("u", "a", 4, 0n), undefined);
  assert.equal(window.find("u", "b", 4, 0n)?.sequence, 3n);
});

test("users without ids to remember take no room", () => {
  const window = new DuplicateWindow({ windowMs: 1000, maxIdsPerUser: 10 });
  for (let i = 1n; i <= 500n; i += 1n) window.remember(`user${i}`, "m", { sequence: i, timestampMs: Number(i) });
  window.prune(1400, 400n);
  assert.equal(window.size, 100);
  window.prune(1500, 500n);
  assert.equal(window.size, 0);
});
