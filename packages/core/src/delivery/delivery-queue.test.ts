import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage } from "../messages/decode-message.ts";
import { incoming } from "../test-kit/frames.ts";
import { settle } from "../test-kit/until.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { WhenFull } from "./inbox-options.ts";

function setup(whenFull: WhenFull, maxQueued: number) {
  const log: string[] = [];
  const crowded: number[] = [];
  const queue = new DeliveryQueue({
    maxQueued,
    whenFull,
    onGap: ({ roomId, after, upTo }) => log.push(`gap ${roomId} ${after?.sequence}-${upTo?.sequence}`),
    onCrowded: () => crowded.push(queue.length),
  });
  return {
    queue,
    log,
    /** How many waited when it was told that they are many. */
    crowded,
    /** An id is a room and a sequence. */
    push(...ids: string[]): Promise<void> | undefined {
      let pause: Promise<void> | undefined;
      for (const id of ids) {
        const sequence = BigInt(id.slice(1));
        const fields = { roomId: id.slice(0, 1), epoch: "e", sequence, previousSequence: sequence - 1n };
        pause = queue.push({
          message: decodeMessage(incoming(id, fields), () => {}),
          onHandled: (outcome) => void log.push(`${outcome ?? "handled"} ${id}`),
        });
      }
      return pause;
    },
    take() {
      const delivery = queue.take();
      log.push(`take ${delivery?.message.id}`);
    },
  };
}

async function isSettled(promise: Promise<void> | undefined): Promise<boolean> {
  let settled = false;
  void promise?.then(() => {
    settled = true;
  });
  await settle();
  return settled;
}

test("a queue that pauses asks for it when it is full, and lets go when half of it has been taken", async () => {
  const { queue, push, take, log } = setup("pause", 4);
  assert.equal(push("r1", "r2", "r3"), undefined);
  assert.equal(queue.isFull, false);
  const pause = push("r4");
  assert.ok(pause instanceof Promise);
  assert.equal(push("r5"), pause, "one that comes all the same is kept");
  for (let count = 0; count < 2; count++) take();
  assert.equal(await isSettled(pause), false);
  take();
  assert.equal(await isSettled(pause), true);
  assert.equal(push("r6"), undefined);
  for (let count = 0; count < 4; count++) take();
  assert.deepEqual(log, ["take r1", "take r2", "take r3", "take r4", "take r5", "take r6", "take undefined"]);
});

test("a queue of one pauses with every message", async () => {
  const { push, take } = setup("pause", 1);
  for (const id of ["r1", "r2"]) {
    const pause = push(id);
    assert.equal(await isSettled(pause), false);
    take();
    assert.equal(await isSettled(pause), true);
  }
});

test("a queue that drops never pauses, gives up the oldest, and tells the gap before the next of its room", () => {
  const { push, take, log } = setup("drop-oldest", 2);
  assert.equal(push("r1", "r2", "r3", "r4"), undefined);
  for (let count = 0; count < 3; count++) take();
  assert.deepEqual(log, ["skipped r1", "skipped r2", "gap r 0-2", "take r3", "take r4", "take undefined"]);
});

test("the gap of one room waits for that room's next message, and for no longer than anything waits at all", () => {
  const { push, take, log } = setup("drop-oldest", 3);
  push("a1", "b1", "a2", "c1", "b2", "a3");
  assert.deepEqual(log.splice(0), ["skipped a1", "skipped b1", "skipped a2"]);
  take();
  take();
  assert.deepEqual(log.splice(0), ["take c1", "gap b 0-1", "take b2"]);
  take();
  assert.deepEqual(log.splice(0), ["gap a 0-2", "take a3"]);

  push("a4", "b3", "c2", "c3");
  for (let count = 0; count < 3; count++) take();
  assert.deepEqual(log, ["skipped a4", "take b3", "take c2", "gap a 3-4", "take c3"]);
});

test("a queue whose owner closes neither pauses nor drops", () => {
  const { queue, push, log } = setup("close", 2);
  assert.equal(push("r1", "r2"), undefined);
  assert.deepEqual([queue.isFull, queue.length, log], [true, 2, []]);
});

test("clearing drops what waits, tells no gaps, and lets go who paused", async () => {
  const dropping = setup("drop-oldest", 2);
  dropping.push("r1", "r2", "r3");
  dropping.queue.clear();
  dropping.push("r4");
  dropping.take();
  assert.deepEqual(dropping.log, ["skipped r1", "dropped r2", "dropped r3", "take r4"]);

  const pausing = setup("pause", 1);
  const pause = pausing.push("r1");
  pausing.queue.clear();
  assert.equal(await isSettled(pause), true);
});

test("what was acknowledged while it waited is passed over", () => {
  const queue = new DeliveryQueue({ maxQueued: 10, whenFull: "pause", onGap() {} });
  const skipped: string[] = [];
  for (const id of ["a", "b", "c"]) {
    queue.push({
      message: decodeMessage(incoming(id), () => {}),
      isObsolete: () => id !== "c",
      onHandled: (outcome) => skipped.push(`${id} ${outcome}`),
    });
  }
  assert.equal(queue.take()?.message.id, "c");
  assert.deepEqual(skipped, ["a skipped", "b skipped"]);
});

test("that half of what may wait does is told once until something is taken, where a full queue does not pause", () => {
  for (const whenFull of ["drop-oldest", "close"] as const) {
    const { push, take, crowded } = setup(whenFull, 5);
    push("r1", "r2");
    assert.deepEqual(crowded, []);
    push("r3", "r4", "r5");
    assert.deepEqual(crowded, [3]);
    take();
    push("r6", "r7");
    assert.deepEqual(crowded, [3, 5]);
  }
  const { push, crowded } = setup("pause", 5);
  void push("r1", "r2", "r3", "r4", "r5", "r6");
  assert.deepEqual(crowded, []);
});
