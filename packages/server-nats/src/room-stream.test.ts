import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@im-sdk/contracts";
import { skipWithout } from "@im-sdk/test-servers";
import { nanos } from "@nats-io/transport-node";
import { findStream } from "./room-stream.ts";
import { streamConfig } from "./stream-config.ts";
import { linkedNats } from "./test-kit/linked-nats.ts";
import { logOptions } from "./test-kit/room.ts";
import { streamOn } from "./test-kit/stream-on.ts";

const real = await skipWithout("nats-server");

test("a stream that is gone is made anew after a second, and not before", real, async (t) => {
  const link = await linkedNats(t);
  let nowMs = 5_000;
  const clock = { ...systemClock, now: () => nowMs };
  const stream = streamOn(link, clock);
  const first = await stream.ensure();
  await link.manager.streams.delete(stream.name);
  for (const _ of [1, 2]) await assert.rejects(stream.ensure(), /was deleted a moment ago/);
  nowMs += 999;
  await assert.rejects(stream.ensure(), /was deleted a moment ago/);
  nowMs += 1;
  assert.notEqual((await stream.ensure()).epoch, first.epoch);
});

test("a copy that answers while nobody leads the stream is not believed", real, async (t) => {
  const link = await linkedNats(t);
  const stream = streamOn(link);
  const { subject } = await stream.ensure();
  await link.connection.request(subject, "x");
  const { streams } = link.manager;
  const info = await streams.info(stream.name);
  const behind = { ...info, state: { ...info.state, last_seq: 0 }, cluster: { name: "c" } };
  const asked = t.mock.method(streams, "info", async () => behind, { times: 2 });
  assert.equal((await stream.ensure()).last, 1n);
  assert.equal(asked.mock.callCount(), 2);
  t.mock.method(streams, "info", async () => behind);
  await assert.rejects(findStream(link, stream.name), /has no leader at the moment/);
});

test("ids are remembered for as long as a message may be published again, but no longer than the room keeps it", () => {
  const { retention } = logOptions({ duplicateWindowMs: 2_000, ttlMs: 30_000 });
  const settings = { ...retention, roomId: "r", replicas: 1 };
  const windowOf = (appendTimeoutMs: number) => streamConfig({ ...settings, appendTimeoutMs }).duplicate_window;
  assert.deepEqual([1_000, 10_000, 60_000].map(windowOf), [2_000, 10_000, 30_000].map(nanos));
});
