import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { backoffDelayMs } from "./backoff.ts";

test("the bound doubles with every failure up to the cap, and the delay is anywhere below it", () => {
  const bounds = [1, 2, 3, 4, 5].map((failures) =>
    backoffDelayMs(failures, { baseMs: 100, maxMs: 500, random: () => 1 }),
  );
  assert.deepEqual(bounds, [100, 200, 400, 500, 500]);
  assert.equal(backoffDelayMs(3, { baseMs: 100, maxMs: 500, random: () => 0.25 }), 100);
});

test("full jitter: the delay is the random share of the bound, and never beyond the cap, however many failures", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.double({ min: 1, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, baseMs, share) => {
        const options = { baseMs, maxMs: 60_000 };
        const delay = backoffDelayMs(failures, { ...options, random: () => share });
        const bound = Math.min(60_000, baseMs * 2 ** Math.min(failures - 1, 100));
        assert.ok(Math.abs(delay - share * bound) < 1e-6, `${delay} of ${bound}`);
      },
    ),
  );
});
