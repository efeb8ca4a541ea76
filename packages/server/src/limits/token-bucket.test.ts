import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TokenBucket } from "./token-bucket.ts";

test("a burst is free, then the wait for the next token is told", () => {
  const bucket = new TokenBucket({ ratePerSecond: 2, burst: 2 }, 0);
  assert.deepEqual([bucket.take(0), bucket.take(0), bucket.take(0)], [0, 0, 500]);
  assert.equal(bucket.take(499), 1);
  assert.equal(bucket.take(500), 0);
});

test("whoever waits as long as told is let in", () => {
  const rate = fc.double({ min: 0.01, max: 1000, noNaN: true });
  fc.assert(
    fc.property(
      rate,
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 0, max: 5000 })),
      (r, burst, gaps) => {
        const bucket = new TokenBucket({ ratePerSecond: r, burst }, 0);
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const waitMs = bucket.take(now);
          if (waitMs === 0) continue;
          now += waitMs + 1;
          assert.equal(bucket.take(now), 0);
        }
      },
    ),
  );
});

test("no more than the burst and the rate together get through", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 0, max: 300 })), (burst, gaps) => {
      const bucket = new TokenBucket({ ratePerSecond: 10, burst }, 0);
      let now = 0;
      let taken = 0;
      for (const gap of gaps) {
        now += gap;
        if (bucket.take(now) === 0) taken += 1;
      }
      assert.ok(taken <= burst + now / 100 + 1e-6);
    }),
  );
});
