import assert from "node:assert/strict";
import { test } from "node:test";
import { timeText } from "./message-text.ts";

test("a time of today is told without the day", () => {
  const now = new Date(2030, 0, 2, 12, 0, 0);
  assert.equal(timeText(new Date(2030, 0, 2, 3, 4, 5), now), "03:04:05");
  assert.equal(timeText(new Date(2030, 0, 1, 23, 59, 59), now), "2030-01-01 23:59:59");
});
