import assert from "node:assert/strict";
import { test } from "node:test";
import { BucketFeed } from "./bucket-feed.ts";
import type { PresenceEvent } from "./presence-event.ts";

const renewed = (revision: number): PresenceEvent => ({ type: "renewed", key: "lease.s", session: "s", revision });

function tellingBucket() {
  let tell: (event: PresenceEvent) => void = () => {};
  let lose = () => {};
  return {
    tell: (revision: number) => tell(renewed(revision)),
    tellEvent: (event: PresenceEvent) => tell(event),
    lose: () => lose(),
    async follow(onEvent: typeof tell, onLost: () => void) {
      tell = onEvent;
      lose = onLost;
      return { stop() {} };
    },
  };
}

test("what comes before it is taken is loaded, and what comes after is told", async () => {
  const told: number[] = [];
  const feed = new BucketFeed({ onChange: ({ revision }) => told.push(revision), onLost() {} });
  const bucket = tellingBucket();
  await feed.open(bucket);
  for (const revision of [1, 2, 3]) bucket.tell(revision);
  await feed.load(2, async () => assert.fail("all leases were told"));
  bucket.tell(4);
  assert.deepEqual(feed.take(), [1, 2, 3, 4].map(renewed));
  bucket.tell(5);
  assert.deepEqual(told, [5]);
});

test("a lease that was renewed behind what has been loaded is looked up, and counts from the first on", async () => {
  const feed = new BucketFeed({ onChange: () => {}, onLost() {} });
  const bucket = tellingBucket();
  await feed.open(bucket);
  const left: PresenceEvent = { type: "left", key: "member.x.y", session: "x", revision: 5 };
  bucket.tellEvent(left);
  await feed.load(5, async (key) => (key === "lease.x" ? 7 : undefined));
  assert.deepEqual(feed.take(), [{ type: "renewed", key: "lease.x", session: "x", revision: 7 }, left]);
});

test("a bucket that is lost is told, and one that does not come so far cannot be loaded", async (t) => {
  let lost = 0;
  const feed = new BucketFeed({ onChange: () => {}, onLost: () => (lost += 1) });
  const bucket = tellingBucket();
  await feed.open(bucket);
  bucket.lose();
  assert.equal(lost, 1);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const loading = assert.rejects(
    feed.load(1, async () => undefined),
    /has not told revision 1/,
  );
  t.mock.timers.runAll();
  await loading;
});
