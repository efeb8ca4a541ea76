import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "./meter.ts";

test("what comes while it warms up does not count, and what comes afterwards does", async (t) => {
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const meter = new Meter({ warmUp: { ms: 100, count: 10 }, measured: { ms: 1_000, count: 10 } });
  nowMs = 100;
  meter.add(1_000);
  nowMs = 600;
  meter.add(30);
  assert.equal(meter.isDone, false);
  nowMs = 1_100;
  meter.add(20);
  assert.equal(meter.isDone, true);
  meter.add(1_000_000);
  assert.equal(await meter.rate, 50);
});

test("neither time alone is enough nor number alone", (t) => {
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const meter = new Meter({ warmUp: { ms: 0, count: 1 }, measured: { ms: 1_000, count: 10 } });
  meter.add(1);
  meter.add(10);
  assert.equal(meter.isDone, false);
  const other = new Meter({ warmUp: { ms: 0, count: 1 }, measured: { ms: 1_000, count: 10 } });
  other.add(1);
  nowMs = 5_000;
  other.add(9);
  assert.equal(other.isDone, false);
  other.add(1);
  assert.equal(other.isDone, true);
});
