import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { MessageRequestSchema, MessageResponseSchema, MessageType } from "@im-sdk/gen";
import { refusedWith } from "../test-kit/test-server.ts";
import { decodeFrame, encodeFrame } from "./frame-codec.ts";

test("a frame that was read keeps nothing alive of what it was read from", () => {
  const content = Buffer.from("hello");
  const request = create(MessageRequestSchema, { messageId: "m", content, metadata: { k: "v" }, roomId: "r" });
  const bytes = Buffer.from(toBinary(MessageRequestSchema, request));
  const frame = decodeFrame(bytes);
  assert.notEqual(frame.content.buffer, bytes.buffer);
  assert.equal(frame.content.buffer.byteLength, content.byteLength);
  bytes.fill(0);
  assert.deepEqual(toBinary(MessageRequestSchema, frame), toBinary(MessageRequestSchema, request));
});

test("what is no message is refused as connect refuses it", () => {
  assert.throws(() => decodeFrame(Buffer.from("bad")), refusedWith(Code.Internal, "parse binary: "));
});

test("a frame is written with the length of its message before it", () => {
  const message = create(MessageResponseSchema, {
    messageId: "消息",
    type: MessageType.TEXT,
    content: new Uint8Array(300),
  });
  const envelope = encodeFrame(message);
  assert.deepEqual([...envelope.subarray(0, 5)], [0, 0, 0, 1, (envelope.byteLength - 5) % 256]);
  assert.deepEqual(fromBinary(MessageResponseSchema, new Uint8Array(envelope.subarray(5))), message);
});
