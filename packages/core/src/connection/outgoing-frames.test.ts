import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageRequest } from "@im-sdk/gen";
import { outgoing } from "../test-kit/frames.ts";
import { settle } from "../test-kit/until.ts";
import { takeReady } from "../transport/ready-messages.ts";
import { OutgoingFrames } from "./outgoing-frames.ts";

function setup(greeting: string[] = []) {
  const pulled: (string | undefined)[] = [];
  const frames = new OutgoingFrames(
    greeting.map((id) => outgoing(id)),
    (previous) => pulled.push(previous?.messageId),
  );
  const queue: string[] = [];
  const source = {
    take(): MessageRequest | undefined {
      const id = queue.shift();
      return id === undefined ? undefined : outgoing(id);
    },
  };
  const next = async () => {
    const result = await frames.next();
    return result.done === true ? "done" : result.value.messageId;
  };
  return { frames, pulled, queue, source, next };
}

test("the greeting goes first, then what is pushed, then the messages of the source", async () => {
  const { frames, queue, source, next } = setup(["hello", "join"]);
  queue.push("m1", "m2");
  frames.setSource(source);
  frames.push(outgoing("ack"));
  assert.deepEqual([await next(), await next(), await next(), await next()], ["hello", "join", "ack", "m1"]);
  frames.push(outgoing("urgent"));
  assert.deepEqual([await next(), await next()], ["urgent", "m2"]);
});

test("who waits is woken by a push, a source, or a wake when the source has something", async () => {
  const { frames, queue, source, next } = setup();
  const first = next();
  frames.push(outgoing("pushed"));
  assert.equal(await first, "pushed");
  const second = next();
  queue.push("m1");
  frames.setSource(source);
  assert.equal(await second, "m1");
  let woken = false;
  const third = next().finally(() => {
    woken = true;
  });
  frames.wake();
  await settle();
  assert.equal(woken, false, "nothing to say");
  queue.push("m2");
  frames.wake();
  assert.equal(await third, "m2");
});

test("a source that is taken away is asked no more", async () => {
  const { frames, queue, source, next } = setup();
  frames.setSource(source);
  frames.setSource(undefined);
  queue.push("m");
  const waiting = next();
  frames.wake();
  frames.push(outgoing("pushed"));
  assert.deepEqual([await waiting, queue], ["pushed", ["m"]]);
});

test("each pull tells the frame before, once", async () => {
  const { frames, pulled, next } = setup(["a", "b"]);
  await next();
  await next();
  const waiting = next();
  frames.push(outgoing("c"));
  await waiting;
  void next();
  assert.deepEqual(pulled, [undefined, "a", "b", "c"]);
});

test("ended it gives what was pushed, nothing of the source, and is done; who waits is told", async () => {
  const { frames, queue, source, next } = setup();
  const waiting = next();
  frames.end();
  assert.equal(await waiting, "done");

  const other = setup();
  other.frames.setSource(source);
  queue.push("m");
  other.frames.push(outgoing("ack"));
  other.frames.end();
  assert.deepEqual([await other.next(), await other.next(), await other.next()], ["ack", "done", "done"]);
  assert.deepEqual(queue, ["m"]);
});

test("a transport that gives up forgets what is left", async () => {
  for (const giveUp of ["return", "throw"] as const) {
    const { frames, next } = setup(["a", "b"]);
    await next();
    assert.deepEqual(await frames[giveUp](), { done: true, value: undefined });
    assert.equal(await next(), "done");
  }
});

test("what is ready is taken without waiting, in the same order, and nothing is when there is nothing", () => {
  const { frames, queue, source, pulled } = setup(["hello"]);
  queue.push("m1", "m2");
  frames.setSource(source);
  const take = () => frames[takeReady]()?.messageId;
  assert.deepEqual([take(), take()], ["hello", "m1"]);
  frames.push(outgoing("ack"));
  assert.deepEqual([take(), take(), take()], ["ack", "m2", undefined]);
  assert.deepEqual(pulled, [undefined, "hello", "m1", "ack", "m2"], "who takes is done with the one before");
  frames.end();
  assert.equal(take(), undefined, "the end is for next() to tell");
});
