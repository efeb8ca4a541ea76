import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "@im-sdk/contracts";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { connect } from "@nats-io/transport-node";
import { NatsLink } from "./nats-link.ts";
import { RoomFollower } from "./room-follower.ts";
import { deleteStream } from "./test-kit/delete-stream.ts";
import { logOptions } from "./test-kit/room.ts";
import { streamOn } from "./test-kit/stream-on.ts";

const real = await skipWithout("nats-server");

/** A follower of a stream with some messages, which has begun before the first. */
async function startFollower(t: TestContext, messages: number) {
  const nats = await startNats();
  const link = await NatsLink.open(await connect({ servers: nats.address }));
  // A clock on which all happens in one moment.
  const delays: number[] = [];
  const time = { nowMs: 0 };
  const clock: typeof systemClock = {
    ...systemClock,
    now: () => time.nowMs,
    setTimeout: (callback, delayMs) => {
      delays.push(delayMs);
      return systemClock.setTimeout(callback, delayMs);
    },
  };
  const { logger: silent } = logOptions();
  const warnings: string[] = [];
  const logger = { ...silent, warn: (message: string) => warnings.push(message) };
  const stream = streamOn(link);
  const told: string[] = [];
  const follower = new RoomFollower({
    link,
    clock,
    logger,
    roomId: "r",
    stream,
    onReady: (_, position) => told.push(`ready ${position}`),
    onDisturbed: () => told.push("disturbed"),
    onMessage: ({ sequence }) => told.push(`message ${sequence}`),
  });
  t.after(async () => {
    follower.stop();
    await link.close();
    await nats.stop();
  });
  const until = async (line: string) => {
    while (told.at(-1) !== line) await setImmediate();
  };
  const publish = async () => link.connection.publish((await stream.ensure()).subject, "x");
  follower.start();
  await until("ready 0");
  for (let count = 1; count <= messages; count += 1) await publish();
  if (messages > 0) await until(`message ${messages}`);
  return { follower, stream, link, told, delays, warnings, until, publish, time };
}

test("in another incarnation of the stream it begins with the first message", real, async (t) => {
  const { stream, link, told, until, publish } = await startFollower(t, 3);
  await deleteStream(link.connection, stream.name);
  await until("ready 0");
  await publish();
  await until("message 1");
  assert.deepEqual(told.slice(4), ["disturbed", "ready 0", "message 1"]);
});

test("of a stream that has lost its newest messages it tells what takes their places", real, async (t) => {
  const { follower, stream, told, until } = await startFollower(t, 3);
  const state = await stream.ensure();
  // What a power cut does to NATS.
  t.mock.method(stream, "ensure", async () => ({ ...state, last: 1n }), { times: 1 });
  told.length = 0;
  follower.restart();
  await until("message 3");
  assert.deepEqual(told, ["disturbed", "ready 1", "message 2", "message 3"]);
});

test(
  "a new leader of a cluster has two seconds for what was told, and nothing is told twice meanwhile",
  real,
  async (t) => {
    const { follower, stream, link, told, until, time } = await startFollower(t, 3);
    Object.assign(link, { isClustered: true });
    const state = await stream.ensure();
    const behind = async () => ({ ...state, last: 1n });
    t.mock.method(stream, "ensure", behind, { times: 2 });
    told.length = 0;
    follower.restart();
    await until("ready 3");
    const ensure = stream.ensure.bind(stream);
    t.mock.method(stream, "ensure", async () => {
      time.nowMs += 1_000;
      return time.nowMs > 3_000 ? ensure() : behind();
    });
    follower.restart();
    await until("message 3");
    assert.deepEqual(told, ["disturbed", "ready 3", "disturbed", "ready 1", "message 2", "message 3"]);
  },
);

test("a stream that is deleted while its feed begins is followed in its next incarnation", real, async (t) => {
  const { follower, stream, link, told, until, publish } = await startFollower(t, 3);
  const { consumers } = link.manager;
  const add = consumers.add.bind(consumers);
  let isFirst = true;
  t.mock.method(consumers, "add", async (...parts: Parameters<typeof add>) => {
    const made = await add(...parts);
    if (!isFirst) return made;
    isFirst = false;
    await deleteStream(link.connection, stream.name);
    return made;
  });
  told.length = 0;
  follower.restart();
  await until("ready 0");
  await publish();
  await until("message 1");
});

test(
  "what breaks off as soon as it has begun is begun again later and later, and a new start at once",
  real,
  async (t) => {
    const { follower, stream, told, delays, warnings, until } = await startFollower(t, 0);
    const waits = () => delays.filter((delayMs) => delayMs <= 2_000);
    const again = async () => {
      told.length = 0;
      follower.restart();
      await until("ready 0");
    };
    for (let round = 0; round < 3; round += 1) await again();
    assert.deepEqual(waits(), [50, 100, 200]);
    follower.stop();
    told.length = 0;
    follower.start();
    await until("ready 0");
    assert.deepEqual([waits(), warnings], [[50, 100, 200], []]);
    // What fails meanwhile is told once, and counts by itself.
    const ensure = stream.ensure.bind(stream);
    let failures = 2;
    t.mock.method(stream, "ensure", () => (failures-- > 0 ? Promise.reject(new Error("full")) : ensure()));
    await again();
    assert.deepEqual(waits().slice(4), [50, 100]);
    assert.deepEqual(warnings, ["a room's stream cannot be followed"]);
  },
);

test("however often the connection breaks, a room has one consumer in NATS", real, async (t) => {
  const { stream, link, told, until } = await startFollower(t, 0);
  for (let round = 0; round < 5; round += 1) {
    told.length = 0;
    await link.connection.reconnect();
    await until("ready 0");
  }
  while ((await link.manager.consumers.list(stream.name).next()).length > 1) await setImmediate();
});
