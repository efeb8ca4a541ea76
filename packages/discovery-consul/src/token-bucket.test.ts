import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import fc from "fast-check";
import { TokenBucket } from "./token-bucket.ts";

const { signal } = new AbortController();

test("the burst is free, then one token comes with each interval, and no more are saved up than the burst", async () => {
  const clock = new ManualClock(1_000);
  const bucket = new TokenBucket({ burst: 2, intervalMs: 100, clock });
  const takenAt: number[] = [];
  const take = async () => {
    await bucket.take(signal);
    takenAt.push(clock.now() - 1_000);
  };
  const taking = (async () => {
    for (let n = 0; n < 4; n++) await take();
  })();
  await clock.advance(1_000);
  await taking;
  const more = (async () => {
    for (let n = 0; n < 3; n++) await take();
  })();
  await clock.advance(1_000);
  await more;
  assert.deepEqual(takenAt, [0, 0, 100, 200, 1_000, 1_000, 1_100]);
});

test("in no stretch of time are more tokens taken than the burst and one for each interval", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 20 }), async (idles) => {
      const clock = new ManualClock();
      const bucket = new TokenBucket({ burst: 2, intervalMs: 100, clock });
      const takenAt: number[] = [];
      for (const idle of idles) {
        await clock.advance(idle);
        const taking = bucket.take(signal).then(() => takenAt.push(clock.now()));
        await clock.advance(100);
        await taking;
      }
      for (const [i, from] of takenAt.entries()) {
        for (const [j, to] of takenAt.entries()) {
          if (j >= i) assert.ok(j - i + 1 <= 2 + (to - from) / 100 + 1e-6, `${takenAt}`);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("a clock that is set back costs one interval at most, and an abort leaves no timer", async () => {
  let now = 1_000_000;
  const clock = new ManualClock();
  const shifted = {
    now: () => now,
    setTimeout: clock.setTimeout.bind(clock),
    clearTimeout: clock.clearTimeout.bind(clock),
  };
  const bucket = new TokenBucket({ burst: 1, intervalMs: 100, clock: shifted });
  await bucket.take(signal);
  now = 0;
  const taking = bucket.take(signal);
  now = 100;
  await clock.advance(100);
  await taking;
  const abort = new AbortController();
  const waiting = bucket.take(abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  assert.equal(clock.pending, 0);
});
