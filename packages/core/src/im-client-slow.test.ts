import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { AckContentSchema, MessageType } from "@im-sdk/gen";
import { startImServer } from "@im-sdk/server";
import type { MessagesOptions } from "./delivery/inbox-options.ts";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import type { ImMessage } from "./messages/im-message.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { servePlain } from "./test-kit/serve.ts";
import { settle, until } from "./test-kit/until.ts";

/** The texts that are sent, from one on and before another. */
const numbers = (first: number, end: number) => Array.from({ length: end - first }, (_, n) => `${first + n}`);

/** Ann sends; Carol, and Bob, who may be slow, are in the room with her. Bob came last, so that he hears of nobody's arrival. */
async function setup(t: TestContext, bobOptions: Partial<ImClientOptions> = {}) {
  const server = await startImServer();
  t.after(() => server.close());
  const client = async (userId: string, options: Partial<ImClientOptions> = {}) => {
    const made = new ImClient({ userId, services: [`127.0.0.1:${server.port}`], ...options });
    t.after(() => made.disconnect({ timeoutMs: 1 }));
    await made.connect();
    await made.joinRoom("lobby");
    return made;
  };
  const ann = await client("ann");
  const carol = new Recorder(await client("carol"));
  const bob = await client("bob", bobOptions);
  return {
    bob,
    /** Sends texts, numbered from 0; resolves when Carol has got them all. */
    async send(count: number): Promise<void> {
      await Promise.all(numbers(0, count).map((text) => ann.sendTextMessage("lobby", text)));
      await carol.until(({ texts }) => texts.length === count);
    },
  };
}

function textOf(message: ImMessage): string {
  return message.type === "text" ? message.text : message.type;
}

/** Takes every text as it comes. */
function listen(client: ImClient, options: MessagesOptions): string[] {
  const texts: string[] = [];
  void (async () => {
    for await (const message of client.messages(options)) texts.push(textOf(message));
  })();
  return texts;
}

/** Takes one message, which is there or on its way. */
async function takeText(loop: AsyncIterator<ImMessage>): Promise<string> {
  const { done, value } = await loop.next();
  assert.notEqual(done, true);
  return textOf(value);
}

test("a slow loop that pauses holds up a fast one in the same client, until it takes its messages", async (t) => {
  const { bob, send } = await setup(t);
  const slow = bob.messages({ roomId: "lobby", maxQueued: 10 });
  const fast = listen(bob, { roomId: "lobby" });
  await send(100);
  await until(() => fast.length >= 10);
  await settle();
  assert.deepEqual(fast, numbers(0, 10));
  const taken: string[] = [];
  while (taken.length < 100) taken.push(await takeText(slow));
  assert.deepEqual(taken, numbers(0, 100));
  await until(() => fast.length === 100);
  assert.deepEqual(fast, numbers(0, 100));
});

test("a slow loop that drops its oldest disturbs nobody, and is told what it has missed before it goes on", async (t) => {
  const { bob, send } = await setup(t);
  const events = new Recorder(bob);
  const slow = bob.messages({ roomId: "lobby", maxQueued: 5, whenFull: "drop-oldest" });
  const fast = listen(bob, { roomId: "lobby" });
  await send(100);
  await until(() => fast.length === 100);
  assert.deepEqual(events.of("gap"), []);
  const taken = [await takeText(slow)];
  const [gap] = events.of("gap");
  assert.deepEqual([gap?.roomId, gap?.reason], ["lobby", "slow_consumer"]);
  for (let count = 1; count < 5; count++) taken.push(await takeText(slow));
  assert.deepEqual(taken, numbers(95, 100));
  assert.equal(events.of("gap").length, 1);
  assert.deepEqual(fast, numbers(0, 100));

  // What is missing can be read where the gap says it is.
  assert.ok(gap?.after !== undefined && gap.upTo !== undefined);
  const missed: string[] = [];
  const { epoch, sequence } = gap.upTo;
  const before = { epoch, sequence: sequence + 1n };
  for await (const message of bob.listMessages("lobby", { after: gap.after, before })) missed.push(textOf(message));
  assert.deepEqual(missed, numbers(0, 95));
});

test("a slow loop that is closed disturbs nobody, gets what was queued, and then throws", async (t) => {
  const { bob, send } = await setup(t);
  const events = new Recorder(bob);
  const slow = bob.messages({ roomId: "lobby", maxQueued: 5, whenFull: "close" });
  const fast = listen(bob, { roomId: "lobby" });
  await send(100);
  await until(() => fast.length === 100);
  const taken: string[] = [];
  await assert.rejects(
    async () => {
      for await (const message of slow) taken.push(textOf(message));
    },
    hasCode("resource_exhausted", "lobby", "5 were waiting"),
  );
  assert.deepEqual(taken, numbers(0, 5));
  assert.deepEqual(events.of("gap"), []);
  assert.equal((await slow.next()).done, true);
});

test("a slow onMessage that drops its oldest disturbs no loop", async (t) => {
  const finish = Promise.withResolvers<void>();
  const handled: string[] = [];
  const { bob, send } = await setup(t, {
    inbox: { maxQueued: 5, whenFull: "drop-oldest" },
    onMessage: async (message) => {
      handled.push(textOf(message));
      await finish.promise;
    },
  });
  const order: string[] = [];
  bob.on("gap", ({ after, upTo }) => order.push(`gap of ${(upTo?.sequence ?? 0n) - (after?.sequence ?? 0n)}`));
  const fast = listen(bob, { roomId: "lobby" });
  await send(100);
  await until(() => fast.length === 100);
  assert.deepEqual([handled, order], [["0"], []]);
  finish.resolve();
  await until(() => handled.length === 6);
  assert.deepEqual([handled, order], [["0", ...numbers(95, 100)], ["gap of 94"]]);
});

test("who is quick loses nothing of what arrives together, however little may wait for it", async (t) => {
  const handled: string[] = [];
  const { bob, send } = await setup(t, {
    inbox: { maxQueued: 2, whenFull: "drop-oldest" },
    onMessage: async (message) => void handled.push(textOf(message)),
  });
  let gaps = 0;
  bob.on("gap", () => gaps++);
  const loops = (["drop-oldest", "close", "pause"] as const).flatMap((whenFull) =>
    [1, 3].map((maxQueued) => listen(bob, { roomId: "lobby", maxQueued, whenFull })),
  );
  // So many leave, and arrive, in one piece.
  await send(2_000);
  await until(() => handled.length === 2_000 && loops.every((texts) => texts.length === 2_000));
  for (const texts of [handled, ...loops]) assert.deepEqual(texts, numbers(0, 2_000));
  assert.equal(gaps, 0);
});

test("bounds that cannot be are refused at the call", async () => {
  const client = new ImClient({ userId: "ann", services: ["127.0.0.1:9"] });
  assert.throws(() => client.messages({ maxQueued: 0 }), hasCode("invalid_argument", "maxQueued", "0"));
  await client.disconnect();
});

test("a message that asks to be acknowledged is not while nobody listens", async (t) => {
  const acknowledged: string[] = [];
  const server = await servePlain({
    async *streamMessages(frames) {
      for await (const { type, messageId, userId, roomId, content } of frames) {
        if (type === MessageType.ACK) acknowledged.push(fromBinary(AckContentSchema, content).originalMessageId);
        if (type !== MessageType.TEXT) continue;
        yield { messageId, fromUserId: userId, roomId, type, content, ackRequired: true };
      }
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const client = new ImClient({ userId: "ann", services: [server.address] });
  t.after(() => client.disconnect({ timeoutMs: 1 }));
  await client.connect();
  const loop = client.messages({ roomId: "heard" });
  await client.sendTextMessage("unheard", "1");
  await client.sendTextMessage("heard", "2");
  assert.equal(await takeText(loop), "2");
  client.on("message", () => {});
  const { messageId } = await client.sendTextMessage("unheard", "3");
  await until(() => acknowledged.length > 0);
  assert.deepEqual(acknowledged, [messageId]);
});
