import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionCounts } from "./connection-counts.ts";

test("it counts what is open, and never below none", () => {
  const counts = new ConnectionCounts();
  const outcomes = ["failed", "closed", "opened", "opened", "closed", "failed", "closed", "closed"] as const;
  const changes = outcomes.map((outcome) => counts.report("a", outcome));
  assert.deepEqual(changes, [0, 0, 1, 1, -1, 0, -1, 0]);
  counts.report("a", "opened");
  assert.deepEqual([counts.of("a"), counts.of("b")], [1, 0]);
});
