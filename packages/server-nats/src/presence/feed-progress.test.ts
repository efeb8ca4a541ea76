import assert from "node:assert/strict";
import { test } from "node:test";
import { FeedProgress, markersKeptMs } from "./feed-progress.ts";

test("a feed that lags may go on while it moves, for half the time that markers stay", () => {
  const progress = new FeedProgress();
  progress.reset(5);
  assert.equal(progress.isLate(5, 5, 0), false, "there was no news");
  assert.equal(progress.isLate(7, 9, 1_000), true);
  assert.equal(progress.isLate(8, 12, 1_000 + markersKeptMs / 2), true);
  assert.throws(() => progress.isLate(9, 15, 1_001 + markersKeptMs / 2), /cannot keep up/);
});

test("a feed that has caught up has all its time again", () => {
  const progress = new FeedProgress();
  assert.equal(progress.isLate(1, 2, 0), true);
  assert.equal(progress.isLate(3, 3, 20_000), false);
  assert.equal(progress.isLate(4, 5, 40_000), true);
  progress.reset(6);
  assert.equal(progress.isLate(7, 8, 80_000), true);
});

test("a feed that stands still before what is due is lost", () => {
  const progress = new FeedProgress();
  progress.reset(5);
  assert.throws(() => progress.isLate(5, 6, 0), /no news/);
});
