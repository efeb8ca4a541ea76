import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance, ManualClock } from "@im-sdk/testing";
import { ScriptedLink } from "../test-kit/scripted-link.ts";
import { Departure } from "./departure.ts";
import type { Link } from "./link.ts";

function setup({ afterMs = 1_000, random = 0 } = {}) {
  const clock = new ManualClock();
  const [first, second] = ["a", "b"].map((id) => new ScriptedLink({ instance: createInstance(id) }).link);
  const state = { link: first, listed: new Set(["a", "b"]), canLeave: true, moves: true, onLeave: async () => {} };
  const left: string[] = [];
  const departure = new Departure({
    afterMs,
    link: () => state.link,
    isListed: ({ id }) => state.listed.has(id),
    canLeave: () => state.canLeave,
    leave: async (link: Link) => {
      left.push(link.instance?.id ?? "");
      await state.onLeave();
      if (!state.moves) return;
      state.link = second;
      departure.check();
    },
    clock,
    random: () => random,
  });
  const delist = (id: string) => {
    state.listed.delete(id);
    departure.check();
  };
  return { clock, state, left, departure, delist };
}

test("an instance that is listed is not left, and one that is gone for long enough is, once", async () => {
  const { clock, left, departure, delist } = setup();
  departure.check();
  assert.equal(clock.pending, 0);
  delist("a");
  departure.check();
  await clock.advance(999);
  assert.deepEqual(left, []);
  await clock.advance(1);
  assert.deepEqual(left, ["a"]);
  await clock.advance(10_000);
  assert.deepEqual([left, clock.pending], [["a"], 0]);
});

test("up to half of the wait is added at random", async () => {
  const { clock, left, delist } = setup({ random: 0.8 });
  delist("a");
  await clock.advance(1_399);
  assert.deepEqual(left, []);
  await clock.advance(1);
  assert.deepEqual(left, ["a"]);
});

test("an instance that is listed again in time is kept, and has the whole wait the next time", async () => {
  const { clock, state, left, departure, delist } = setup();
  delist("a");
  await clock.advance(900);
  state.listed.add("a");
  departure.check();
  assert.equal(clock.pending, 0);
  delist("a");
  await clock.advance(900);
  assert.deepEqual(left, []);
  await clock.advance(100);
  assert.deepEqual(left, ["a"]);
});

test("found gone again while it is being left, it is still left by one timer", async () => {
  const { clock, state, departure, delist } = setup();
  state.moves = false;
  const gone = Promise.withResolvers<void>();
  delist("a");
  state.onLeave = () => gone.promise;
  await clock.advance(1_000);
  state.listed.add("a");
  departure.check();
  delist("a");
  gone.resolve();
  await clock.advance(0);
  assert.equal(clock.pending, 1);
  departure.cancel();
  assert.equal(clock.pending, 0);
});

test("while there is nowhere to go, or the move fails, it is tried again after another wait", async () => {
  const { clock, state, left, delist } = setup();
  state.canLeave = false;
  delist("a");
  await clock.advance(5_000);
  assert.deepEqual(left, []);
  state.canLeave = true;
  state.moves = false;
  await clock.advance(2_000);
  assert.deepEqual(left, ["a", "a"]);
});

test("a stream that breaks meanwhile is nothing to leave any more, and a stream elsewhere is judged anew", async () => {
  const { clock, state, left, departure, delist } = setup();
  const broken = state.link;
  delist("a");
  state.link = undefined;
  departure.check();
  assert.equal(clock.pending, 0);
  delist("b");
  state.link = broken;
  departure.check();
  await clock.advance(1_000);
  await clock.advance(1_000);
  assert.deepEqual(left, ["a", "b"]);
  departure.cancel();
  assert.equal(clock.pending, 0);
});

test("with an infinite wait, or on a transport of the user's own, nothing is left", async () => {
  const staying = setup({ afterMs: Number.POSITIVE_INFINITY });
  staying.delist("a");
  assert.equal(staying.clock.pending, 0);
  const own = setup();
  own.state.link = new ScriptedLink().link;
  own.delist("a");
  assert.equal(own.clock.pending, 0);
});
