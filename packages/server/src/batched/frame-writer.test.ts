import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary } from "@bufbuild/protobuf";
import type { Compression } from "@connectrpc/connect/protocol";
import { compressionGzip } from "@connectrpc/connect-node";
import { MessageResponseSchema } from "@im-sdk/gen";
import fc from "fast-check";
import type { OutgoingFrame } from "../stream/outgoing-frame.ts";
import { OutgoingQueue } from "../stream/outgoing-queue.ts";
import { FakeResponse } from "../test-kit/fake-response.ts";
import { EnvelopeSplitter } from "./envelope-splitter.ts";
import { FlushTurn } from "./flush-turn.ts";
import { FrameWriter } from "./frame-writer.ts";

const turnOver = () => new Promise(setImmediate);

function frame(messageId: string, contentBytes = 0): OutgoingFrame {
  const content = new Uint8Array(contentBytes);
  return { message: create(MessageResponseSchema, { messageId, content }), bytes: 100 + contentBytes };
}

function makeWriter(options: { compression?: Compression; turn?: FlushTurn; maxMessages?: number } = {}) {
  const { compression = null, turn = new FlushTurn(), maxMessages = 1000 } = options;
  const response = new FakeResponse();
  const calls = { ended: 0 };
  const queue = new OutgoingQueue({ maxMessages, maxBytes: 1024 * 1024, onDrained() {}, onEnd() {} });
  const onEnd = () => {
    calls.ended += 1;
  };
  new FrameWriter({ queue, response, compression, turn, onEnd });
  return { queue, response, calls };
}

async function idsIn(writes: readonly Uint8Array[]): Promise<string[]> {
  const splitter = new EnvelopeSplitter(1024 * 1024);
  const ids: string[] = [];
  splitter.push(Buffer.concat(writes));
  for (let next = splitter.next(); next !== undefined; next = splitter.next()) {
    const data = next.flags === 1 ? await compressionGzip.decompress(next.data, 1024 * 1024) : next.data;
    ids.push(fromBinary(MessageResponseSchema, data).messageId);
  }
  assert.equal(splitter.isIncomplete, false);
  return ids;
}

test("all frames of one turn leave in one write, in order", async () => {
  const { queue, response } = makeWriter();
  const ids = Array.from({ length: 200 }, (_, index) => `m${index}`);
  for (const id of ids) queue.offer(frame(id));
  assert.equal(response.writes.length, 0);
  await turnOver();
  assert.equal(response.writes.length, 1);
  assert.deepEqual(await idsIn(response.writes), ids);
});

test("a write takes 64 KiB and no more than one frame beyond", async () => {
  const { queue, response } = makeWriter();
  for (let i = 0; i < 50; i += 1) queue.offer(frame(`m${i}`, 10_000));
  await turnOver();
  assert.equal((await idsIn(response.writes)).length, 50);
  const lengths = response.writes.map(({ byteLength }) => byteLength);
  assert.ok(Math.max(...lengths) < 75_000);
  assert.ok(lengths.slice(0, -1).every((length) => length >= 65_536));
});

test("members of a room who have the same to write share the bytes, and are encoded for once", async () => {
  const turn = new FlushTurn();
  const [some, other] = [makeWriter({ turn }), makeWriter({ turn })];
  for (const shared of [frame("a"), frame("b")]) for (const { queue } of [some, other]) queue.offer(shared);
  await turnOver();
  assert.equal(some.response.writes[0], other.response.writes[0]);
  assert.deepEqual(await idsIn(other.response.writes), ["a", "b"]);
});

test("while the stream is full nothing is taken, so that the bounds of the queue hold", async () => {
  const { queue, response } = makeWriter({ maxMessages: 10 });
  response.isFull = true;
  queue.offer(frame("first"));
  await turnOver();
  const accepted = Array.from({ length: 20 }, (_, index) => queue.offer(frame(`m${index}`)));
  await turnOver();
  assert.deepEqual([accepted.filter(Boolean).length, queue.length, response.writes.length], [10, 10, 1]);
  response.drain();
  assert.deepEqual([queue.length, response.writes.length], [0, 2]);
});

test("a burst beyond the bounds is written at once when the stream has room, and nobody falls behind", async () => {
  const { queue, response } = makeWriter({ maxMessages: 10 });
  for (let i = 0; i < 25; i += 1) assert.equal(queue.offer(frame(`m${i}`)), true);
  await turnOver();
  assert.equal((await idsIn(response.writes)).length, 25);
});

test("the end comes at once, after what waits, and a failure in its place", async () => {
  const ending = makeWriter();
  ending.queue.push(frame("last words"));
  ending.queue.end();
  assert.deepEqual(await idsIn(ending.response.writes), ["last words"]);
  assert.deepEqual(ending.response.ended, { error: undefined });

  const failing = makeWriter();
  failing.queue.push(frame("dropped"));
  failing.queue.fail(new Error("cut"));
  assert.deepEqual([failing.response.writes.length, failing.calls.ended], [0, 1]);
  assert.match(String(failing.response.ended?.error), /cut/);
});

test("a failure is told even while the stream is full", async () => {
  const { queue, response } = makeWriter();
  response.isFull = true;
  queue.push(frame("a"));
  await turnOver();
  queue.push(frame("b"));
  queue.fail(new Error("slow"));
  assert.match(String(response.ended?.error), /slow/);
});

test("frames that are worth compressing are compressed once for all, and keep their place", async () => {
  let compressions = 0;
  const compression: Compression = {
    ...compressionGzip,
    compress(bytes) {
      compressions += 1;
      return compressionGzip.compress(bytes);
    },
  };
  const members = [makeWriter({ compression }), makeWriter({ compression })];
  const frames = [frame("small"), frame("large", 5000), frame("small again"), frame("large again", 5000)];
  for (const { queue } of members) {
    for (const each of frames) queue.offer(each);
    queue.end();
  }
  for (const { response } of members) {
    while (response.ended === undefined) await turnOver();
    assert.deepEqual(await idsIn(response.writes), ["small", "large", "small again", "large again"]);
    assert.ok(Buffer.concat(response.writes).byteLength < 1000);
  }
  assert.equal(compressions, 2);
});

test("a frame that cannot be compressed ends the call", async () => {
  const compression: Compression = { ...compressionGzip, compress: () => Promise.reject(new Error("no memory")) };
  const { queue, response } = makeWriter({ compression });
  queue.offer(frame("large", 5000));
  while (response.ended === undefined) await turnOver();
  assert.match(String(response.ended.error), /no memory/);
});

test("whatever waits for what, each accepted frame is written once and in order", async () => {
  const step = fc.constantFrom("offer", "push large", "fill", "drain", "turn");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, compresses) => {
      const compression = compresses ? { compression: compressionGzip } : {};
      const { queue, response } = makeWriter({ ...compression, maxMessages: 5 });
      const accepted: string[] = [];
      for (const [index, what] of steps.entries()) {
        const id = `m${index}`;
        if (what === "turn") await turnOver();
        else if (what === "fill") response.isFull = true;
        else if (what === "drain") response.drain();
        else if (what === "offer") {
          if (queue.offer(frame(id))) accepted.push(id);
        } else {
          queue.push(frame(id, 2000));
          accepted.push(id);
        }
      }
      queue.end();
      response.drain();
      while (response.ended === undefined) await turnOver();
      assert.deepEqual(await idsIn(response.writes), accepted);
    }),
    { numRuns: 60 },
  );
});
