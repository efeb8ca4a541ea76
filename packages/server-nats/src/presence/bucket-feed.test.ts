import assert from "node:assert/strict";
import { test } from "node:test";
import { BucketFeed } from "./bucket-feed.ts";
import type { PresenceEvent } from "./presence-event.ts";

const renewed = (revision: number): PresenceEvent => ({ type: "renewed", key: "lease.s", session: "s", revision });

/** A bucket that goes on telling after it was told to stop, as one does that has something in a queue. */
function tellingBucket() {
  let tell: (event: PresenceEvent) => void = () => {};
  return {
    tell: (revision: number) => tell(renewed(revision)),
    async watch(onEvent: typeof tell) {
      tell = onEvent;
      return () => {};
    },
  };
}

test("what comes before it is taken is loaded, and what comes after is told", async () => {
  const told: number[] = [];
  const feed = new BucketFeed(({ revision }) => told.push(revision));
  const bucket = tellingBucket();
  await feed.open(bucket);
  for (const revision of [1, 2, 3]) bucket.tell(revision);
  await feed.load(2);
  bucket.tell(4);
  assert.deepEqual(feed.take(), [1, 2, 3, 4].map(renewed));
  bucket.tell(5);
  assert.deepEqual(told, [5]);
});

test("what a history still tells after another has begun counts for nothing", async () => {
  const told: number[] = [];
  const feed = new BucketFeed(({ revision }) => told.push(revision));
  const [old, bucket] = [tellingBucket(), tellingBucket()];
  await feed.open(old);
  feed.take();
  await feed.open(bucket);
  old.tell(500);
  assert.equal(feed.revision, 0);
  bucket.tell(1);
  assert.deepEqual(feed.take(), [renewed(1)]);
  old.tell(501);
  feed.stop();
  bucket.tell(2);
  assert.deepEqual(told, []);
});
