import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@im-sdk/contracts";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { connect, nanos } from "@nats-io/transport-node";
import { NatsLink } from "./nats-link.ts";
import { RoomStream } from "./room-stream.ts";
import { streamConfig } from "./stream-config.ts";
import { logOptions } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

test("a stream that is gone is made anew after a second, and not before", real, async (t) => {
  await using nats = await startNats();
  const link = await NatsLink.open(await connect({ servers: nats.address }));
  t.after(() => link.close());
  let nowMs = 5_000;
  const clock = { ...systemClock, now: () => nowMs };
  const { retention } = logOptions();
  const names = { prefix: "im", roomId: "r", replicas: 1, appendTimeoutMs: 1 };
  const stream = new RoomStream({ link, clock, ...names, retention });
  const first = await stream.ensure();
  await link.manager.streams.delete(stream.name);
  for (const _ of [1, 2]) await assert.rejects(stream.ensure(), /was deleted a moment ago/);
  nowMs += 999;
  await assert.rejects(stream.ensure(), /was deleted a moment ago/);
  nowMs += 1;
  assert.notEqual((await stream.ensure()).epoch, first.epoch);
});

test("ids are remembered for as long as a message may be published again, but no longer than the room keeps it", () => {
  const { retention } = logOptions({ duplicateWindowMs: 2_000, ttlMs: 30_000 });
  const settings = { ...retention, roomId: "r", replicas: 1 };
  const windowOf = (appendTimeoutMs: number) => streamConfig({ ...settings, appendTimeoutMs }).duplicate_window;
  assert.deepEqual([1_000, 10_000, 60_000].map(windowOf), [2_000, 10_000, 30_000].map(nanos));
});
