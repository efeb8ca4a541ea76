import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "@im-sdk/contracts";
import { skipWithout } from "@im-sdk/test-servers";
import { headers, type Msg, type MsgCallback } from "@nats-io/transport-node";
import { type Fed, OrderedFeed } from "./ordered-feed.ts";
import { linkedNats } from "./test-kit/linked-nats.ts";
import { streamOn } from "./test-kit/stream-on.ts";

const real = await skipWithout("nats-server");

/** A stream with messages `a`, `b` and `c`, and a feed of it that is not started yet. */
async function startStream(t: TestContext) {
  const link = await linkedNats(t);
  const stream = streamOn(link);
  const { subject } = await stream.ensure();
  for (const text of ["a", "b", "c"]) await link.connection.request(subject, text);
  const told: string[] = [];
  const lost: string[] = [];
  const parts = {
    link,
    clock: systemClock,
    stream: stream.name,
    subject,
    after: 0n,
    onMessage: ({ message }: Fed) => told.push(message.string()),
    onLost: (reason: string) => lost.push(reason),
  };
  return { link, subject, parts, told, lost };
}

test("a feed that has lost its way before it had begun does not begin", real, async (t) => {
  const { link, parts, lost } = await startStream(t);
  const { consumers } = link.manager;
  const add = consumers.add.bind(consumers);
  t.mock.method(consumers, "add", async (...[name, config]: Parameters<typeof add>) => {
    const made = await add(name, config);
    link.connection.publish(made.config.deliver_subject ?? "", undefined, { headers: headers(409, "gone") });
    await link.connection.flush();
    return made;
  });
  await assert.rejects(OrderedFeed.start(parts), /lost/);
  assert.deepEqual(lost, ["gone"]);
});

test("a feed that misses a message tells so, and nothing behind it", real, async (t) => {
  const { link, parts, told, lost } = await startStream(t);
  const { connection } = link;
  const subscribe = connection.subscribe.bind(connection);
  t.mock.method(connection, "subscribe", (...[subject, options]: Parameters<typeof subscribe>) => {
    const callback: MsgCallback<Msg> = (error, message) => {
      if (message.string() !== "b") options?.callback?.(error, message);
    };
    return subscribe(subject, { ...options, callback });
  });
  await OrderedFeed.start(parts).catch(() => {});
  while (lost.length === 0) await setImmediate();
  assert.deepEqual([told, lost], [["a"], ["delivery 3 came after 1"]]);
});

test("a feed on a copy that is behind tells nothing again", real, async (t) => {
  const { link, parts, told } = await startStream(t);
  const { consumers } = link.manager;
  const add = consumers.add.bind(consumers);
  // As JetStream does where a copy is to begin behind its own end.
  const early = (...[name, config]: Parameters<typeof add>) => add(name, { ...config, opt_start_seq: 1 });
  t.mock.method(consumers, "add", early);
  await OrderedFeed.start({ ...parts, after: 2n });
  while (told.length === 0) await setImmediate();
  assert.deepEqual(told, ["c"]);
});

test("a feed that is stopped tells nothing more, and its consumer is gone", real, async (t) => {
  const { link, subject, parts, told, lost } = await startStream(t);
  const feed = await OrderedFeed.start({ ...parts, after: 1n });
  while (told.length < 2) await setImmediate();
  assert.deepEqual(told, ["b", "c"]);
  const { consumers } = link.manager;
  const removal = t.mock.method(consumers, "delete");
  feed.stop();
  await setImmediate();
  assert.equal(await removal.mock.calls[0]?.result, true);
  await link.connection.request(subject, "d");
  await link.connection.flush();
  assert.deepEqual([told, lost, await consumers.list(parts.stream).next()], [["b", "c"], [], []]);
});
