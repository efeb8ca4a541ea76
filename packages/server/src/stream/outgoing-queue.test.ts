import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MessageResponseSchema } from "@im-sdk/gen";
import fc from "fast-check";
import { OutgoingQueue } from "./outgoing-queue.ts";

const frame = (messageId: string, bytes = 1) => ({ message: create(MessageResponseSchema, { messageId }), bytes });

function makeQueue(maxMessages = 4, maxBytes = 1000) {
  const calls = { drained: 0, ended: 0 };
  const queue = new OutgoingQueue({
    maxMessages,
    maxBytes,
    onDrained() {
      calls.drained += 1;
    },
    onEnd() {
      calls.ended += 1;
    },
  });
  return { queue, calls };
}

test("room messages are bounded by count, control frames are not", () => {
  const { queue } = makeQueue(2);
  assert.deepEqual([queue.offer(frame("a")), queue.offer(frame("b")), queue.offer(frame("c"))], [true, true, false]);
  queue.push(frame("ack"));
  assert.equal(queue.length, 3);
});

test("room messages are bounded by bytes, but an empty queue takes one of any size", () => {
  const { queue } = makeQueue(10, 100);
  assert.equal(queue.offer(frame("big", 500)), true);
  assert.equal(queue.offer(frame("small", 1)), false);
});

test("having been full is told once the queue is below half", async () => {
  const { queue, calls } = makeQueue(4);
  for (const id of ["a", "b", "c", "d", "e"]) queue.offer(frame(id));
  await queue.next();
  await queue.next();
  assert.equal(calls.drained, 0);
  await queue.next();
  assert.equal(calls.drained, 1);
});

test("an end comes after what waits, a failure at once", async () => {
  const ended = makeQueue();
  ended.queue.push(frame("a"));
  ended.queue.end(new Error("over"));
  assert.equal((await ended.queue.next()).value?.messageId, "a");
  await assert.rejects(ended.queue.next(), /over/);
  assert.deepEqual(await ended.queue.next(), { done: true, value: undefined });

  const failed = makeQueue();
  failed.queue.push(frame("a"));
  failed.queue.fail(new Error("cut"));
  await assert.rejects(failed.queue.next(), /cut/);
  assert.deepEqual([ended.calls.ended, failed.calls.ended], [1, 1]);
});

test("a reader that waits is told of the end", async () => {
  const { queue } = makeQueue();
  const next = queue.next();
  queue.end();
  assert.equal((await next).done, true);
});

test("writers wait while twice the bound waits", async () => {
  const { queue } = makeQueue(2);
  for (const id of ["a", "b", "c"]) queue.push(frame(id));
  assert.equal(queue.whenWritable(), undefined);
  queue.push(frame("d"));
  const writable = queue.whenWritable();
  assert.ok(writable);
  for (let i = 0; i < 4; i += 1) await queue.next();
  await writable;
});

test("whatever is put in and taken out, the order holds and nothing accepted is lost", async () => {
  const steps = fc.array(fc.constantFrom("offer", "push", "next"), { maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 8 }), async (all, maxMessages) => {
      const { queue } = makeQueue(maxMessages);
      const accepted: string[] = [];
      const taken: (string | undefined)[] = [];
      for (const [index, step] of all.entries()) {
        const id = String(index);
        if (step === "next") {
          if (queue.length > 0) taken.push((await queue.next()).value?.messageId);
        } else if (step === "push" || queue.offer(frame(id))) {
          if (step === "push") queue.push(frame(id));
          accepted.push(id);
        }
      }
      queue.end();
      for await (const message of queue) taken.push(message.messageId);
      assert.deepEqual(taken, accepted);
    }),
  );
});
