import assert from "node:assert/strict";
import { test } from "node:test";
import { Availability } from "./availability.ts";

test("a loss is told when it has lasted for a second, and the return at once", () => {
  const availability = new Availability(() => assert.fail());
  const told: boolean[] = [];
  const unwatch = availability.watch((isAvailable) => told.push(isAvailable));
  availability.report(false, 0);
  availability.report(false, 999);
  availability.report(true, 1_000);
  availability.report(false, 1_500);
  availability.report(false, 2_499);
  assert.deepEqual(told, []);
  availability.report(false, 2_500);
  availability.report(false, 2_600);
  assert.deepEqual(told, [false]);
  const late: boolean[] = [];
  availability.watch((isAvailable) => late.push(isAvailable));
  availability.report(true, 2_700);
  assert.deepEqual(
    [told, late],
    [
      [false, true],
      [false, true],
    ],
  );
  unwatch();
  availability.report(false, 3_000);
  availability.report(false, 4_000);
  assert.deepEqual([told.length, late.length], [2, 3]);
  availability.report(true, 5_000);
  availability.report(false, 8_000, 7_000);
  assert.equal(late.at(-1), false, "a question that was not answered for a second is a loss of a second");
});

test("a listener that throws is told, and the others hear all", () => {
  const errors: unknown[] = [];
  const availability = new Availability((error) => errors.push(error));
  const error = new Error("not now");
  availability.watch(() => {
    throw error;
  });
  const told: boolean[] = [];
  availability.watch((isAvailable) => told.push(isAvailable));
  availability.report(false, 1_000, 0);
  availability.report(true, 1_001);
  assert.deepEqual(
    [told, errors],
    [
      [false, true],
      [error, error],
    ],
  );
});
