import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { systemClock } from "@im-sdk/contracts";
import { skipWithout } from "@im-sdk/test-servers";
import type { Msg } from "@nats-io/transport-node";
import { AppendBudget } from "./append-budget.ts";
import { AppendQueue } from "./append-queue.ts";
import { linkedNats } from "./test-kit/linked-nats.ts";
import { messageOf } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

/** A queue over a NATS in which the test plays JetStream. */
async function startQueue(t: TestContext) {
  const link = await linkedNats(t);
  const queue = new AppendQueue({
    link,
    clock: systemClock,
    budget: new AppendBudget({ maxMessages: 10, maxBytes: 10_000 }),
    timeoutMs: 60_000,
    storedAtMs: async (sequence) => Number(sequence) * 1_000,
    onNotTaken: () => {},
    onEmpty: () => {},
  });
  return {
    queue,
    /** An incarnation, and what was published to it. */
    incarnation(epoch: string) {
      const published: Msg[] = [];
      link.connection.subscribe(epoch, { callback: (_, message) => void published.push(message) });
      return { epoch, subject: epoch, published };
    },
    /** All that was published has come, and so have the answers. */
    async settle() {
      for (let hop = 0; hop < 2; hop += 1) await link.connection.flush();
    },
    /** Appends; what is known so far of the answer is in `answers`. */
    append(text: string, answers: unknown[]) {
      const say = ({ epoch, sequence, timestampMs, duplicate }: Awaited<ReturnType<AppendQueue["add"]>>) =>
        answers.push([text, epoch, Number(sequence), timestampMs, duplicate]);
      queue.add(messageOf(text), text).then(say, (error: unknown) => answers.push(error));
    },
  };
}

const stored = (seq: number, duplicate = false) => JSON.stringify({ stream: "s", seq, duplicate });
const at = (sequence: bigint) => ({ sequence, timestampMs: 5 });

test("a duplicate is answered when the feed has come to the first copy, and not before", real, async (t) => {
  const { queue, incarnation, settle, append } = await startQueue(t);
  const one = incarnation("one");
  const answers: unknown[] = [];
  queue.open(one, 0n);
  append("a", answers);
  await settle();
  const [message = assert.fail()] = one.published;
  message.respond(stored(3, true));
  await settle();
  assert.deepEqual(answers, []);
  const { data, subject, sid, json, string, respond } = message;
  queue.fed({ data, subject, sid, json, string, respond }, at(3n));
  await settle();
  assert.deepEqual(answers, [["a", "one", 3, 3_000, true]]);
});

test("what an incarnation that is gone has stored, or says, counts for nothing", real, async (t) => {
  const { queue, incarnation, settle, append } = await startQueue(t);
  const [one, two] = [incarnation("one"), incarnation("two")];
  const answers: unknown[] = [];
  queue.open(one, 0n);
  append("a", answers);
  append("b", answers);
  await settle();
  const [oldA = assert.fail(), oldB = assert.fail()] = one.published;
  queue.fed(oldB, at(2n));
  oldB.respond(stored(2));
  await settle();
  queue.open(two, 5n);
  oldA.respond(stored(1, true));
  await settle();
  assert.deepEqual(answers, []);
  for (const [index, message] of two.published.entries()) {
    message.respond(stored(index + 6));
    queue.fed(message, at(BigInt(index + 6)));
  }
  await settle();
  assert.deepEqual(answers, [
    ["a", "two", 6, 5, false],
    ["b", "two", 7, 5, false],
  ]);
});

test(
  "what a stream has lost again of its newest messages is published again, and not answered as stored",
  real,
  async (t) => {
    const { queue, incarnation, settle, append } = await startQueue(t);
    const one = incarnation("one");
    const answers: unknown[] = [];
    queue.open(one, 0n);
    append("a", answers);
    append("b", answers);
    await settle();
    const [a = assert.fail(), b = assert.fail()] = one.published;
    queue.fed(a, at(1n));
    queue.fed(b, at(2n));
    b.respond(stored(2));
    await settle();
    queue.open(one, 1n);
    await settle();
    assert.equal(one.published.length, 4, "both again");
    a.respond(stored(1, true));
    await settle();
    assert.deepEqual(answers, [["a", "one", 1, 5, false]]);
    one.published[3]?.respond(stored(2));
    queue.fed(one.published[3] ?? b, at(2n));
    await settle();
    assert.deepEqual(answers.slice(1), [["b", "one", 2, 5, false]]);
  },
);

test("a message whose second copy is refused is asked for again when the first one was told", real, async (t) => {
  const { queue, incarnation, settle, append } = await startQueue(t);
  const one = incarnation("one");
  const answers: unknown[] = [];
  queue.open(one, 0n);
  append("a", answers);
  await settle();
  queue.open(one, 0n);
  await settle();
  const [first = assert.fail(), second = assert.fail()] = one.published;
  queue.fed(first, at(1n));
  second.respond(JSON.stringify({ error: { description: "insufficient resources" } }));
  await settle();
  queue.open(one, 1n);
  await settle();
  one.published[2]?.respond(stored(1, true));
  await settle();
  assert.deepEqual(answers, [["a", "one", 1, 5, false]]);
});
