import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgumentError } from "commander";
import { addresses, duration, pointInTime, wholeNumber } from "./parse-option.ts";

test("a time is a number with a unit, seconds without one", () => {
  const times: [string, number][] = [
    ["10", 10_000],
    ["1.5s", 1_500],
    ["1.001s", 1_001],
    ["500ms", 500],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
  ];
  for (const [text, ms] of times) assert.equal(duration(text), ms);
});

test("a point in time is a date or a span before now", () => {
  assert.equal(pointInTime("2030-01-31T12:00:00Z"), Date.UTC(2030, 0, 31, 12));
  const before = Date.now();
  const found = pointInTime("1h");
  assert.ok(found >= before - 3_600_000 && found <= Date.now() - 3_600_000);
});

test("addresses add up, with commas or one by one", () => {
  assert.deepEqual(addresses("c:3", addresses("a:1,[::1]:2")), ["a:1", "[::1]:2", "c:3"]);
  assert.deepEqual(addresses(""), []);
});

test("nonsense is refused", () => {
  for (const text of ["", "0", "-1s", "1 s", "0.4ms", "1w", "Infinity", "1e3"])
    assert.throws(() => duration(text), InvalidArgumentError);
  for (const text of ["yesterday", "12:00", "2030-99-99"]) assert.throws(() => pointInTime(text), InvalidArgumentError);
  for (const text of ["-1", "1.5", "x", "9007199254740993"])
    assert.throws(() => wholeNumber(0)(text), InvalidArgumentError);
  assert.throws(() => wholeNumber(1)("0"), InvalidArgumentError);
  for (const text of ["localhost", "http://a:1", "a:0"]) assert.throws(() => addresses(text), InvalidArgumentError);
});
