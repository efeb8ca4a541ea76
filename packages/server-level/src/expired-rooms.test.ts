import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { levelStorage } from "./level-storage.ts";
import { contentsOf, logOptions, messageOf } from "./test-kit/room.ts";
import { temporaryFolder } from "./test-kit/temporary-folder.ts";

const [minute, day] = [60_000, 24 * 60 * 60_000];

/** Lives of a storage on one folder; each is closed in the end. */
async function lives(t: TestContext) {
  const folder = await temporaryFolder();
  t.after(() => folder[Symbol.asyncDispose]());
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const start = async () => {
    const storage = await levelStorage({ path: folder.path });
    t.after(() => storage.close());
    const open = (roomId: string, ttlMs: number) =>
      storage.openLog(roomId, logOptions({ ttlMs, duplicateWindowMs: 1 }, clock));
    /** Looks for rooms that nobody has opened, once. */
    const sweep = async () => {
      await clock.advance(10 * minute);
      // The timer is set again when all has been looked at.
      while (clock.pending === 0) await new Promise(setImmediate);
    };
    return { storage, open, sweep };
  };
  return start;
}

test("a room that was given a longer time is kept for that, though nothing was posted since", async (t) => {
  const start = await lives(t);
  const first = await start();
  const log = first.open("r", minute);
  await log.append(messageOf("a"), "a");
  log.setTtlMs(day);
  await first.storage.close();

  const second = await start();
  second.open("other", minute);
  await second.sweep();
  assert.deepEqual(await contentsOf(second.open("r", day)), [["a", 1n, 0n]]);
});

test("a room that was opened with a longer time is kept for that once it was pruned", async (t) => {
  const start = await lives(t);
  const first = await start();
  await first.open("r", minute).append(messageOf("a"), "a");
  await first.storage.close();
  const second = await start();
  second.open("r", day).prune();
  await second.storage.close();

  const third = await start();
  third.open("other", minute);
  await third.sweep();
  assert.deepEqual(await contentsOf(third.open("r", day)), [["a", 1n, 0n]]);
});

test("a retention that is longer by now keeps rooms that nobody has opened since", async (t) => {
  const start = await lives(t);
  const first = await start();
  await first.open("r", minute).append(messageOf("a"), "a");
  await first.storage.close();

  const second = await start();
  second.open("other", day);
  await second.sweep();
  assert.deepEqual(await contentsOf(second.open("r", day)), [["a", 1n, 0n]]);
});

test("one room that is kept for long keeps no others", async (t) => {
  const start = await lives(t);
  const { open, sweep } = await start();
  const left = open("left", minute);
  await left.append(messageOf("a"), "a");
  left.close();
  open("long", day);
  await sweep();
  const { floor, sequence } = await open("left", day).head();
  assert.deepEqual([floor, sequence], [1n, 1n]);
});
