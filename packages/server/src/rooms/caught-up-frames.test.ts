import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MessageResponseSchema } from "@im-sdk/gen";
import { CaughtUpFrames } from "./caught-up-frames.ts";

const entry = { message: create(MessageResponseSchema, { messageId: "m", sequence: 7n, epoch: "e" }), bytes: 130 };

test("streams that catch up in the same turn share the frame of a message, in the form that each understands", async () => {
  const frames = new CaughtUpFrames();
  const positioned = frames.frameFor(entry, true);
  // Another reading of the log may give another entry for the same message.
  assert.equal(frames.frameFor({ ...entry }, true), positioned);
  const plain = frames.frameFor(entry, false);
  assert.equal(frames.frameFor(entry, false), plain);
  assert.deepEqual([positioned.message.sequence, plain.message.sequence], [7n, 0n]);
});

test("nothing is kept beyond the turn, and what is encoded is not kept by the log's entry", async () => {
  const frames = new CaughtUpFrames();
  const frame = frames.frameFor(entry, true);
  assert.notEqual(frame, entry);
  await new Promise(setImmediate);
  assert.notEqual(frames.frameFor(entry, true), frame);
});
