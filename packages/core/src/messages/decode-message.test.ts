import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { MessageType, SystemContentSchema } from "@im-sdk/gen";
import fc from "fast-check";
import { incoming } from "../test-kit/frames.ts";
import { decodeMessage } from "./decode-message.ts";
import { contentOf, type SendableMessage, typeOf } from "./encode-message.ts";
import type { ImMessage } from "./im-message.ts";
import { toTimestamp } from "./timestamps.ts";

const ignore = () => {};

/** What a receiver sees of a message that was sent. */
function received(message: SendableMessage): ImMessage {
  const [type, content] = [typeOf(message), contentOf(message)];
  const [metadata, timestamp] = [{ client: "docs" }, toTimestamp(1_700_000_000_123)];
  return decodeMessage(incoming("m", { roomId: "r", fromUserId: "ann", type, content, metadata, timestamp }), ignore);
}

describe("what is sent comes out as it went in", () => {
  test("any text, as its raw UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const message = received({ type: "text", content: text });
        assert.ok(message.type === "text" && message.text === text);
      }),
    );
    assert.deepEqual(contentOf({ type: "text", content: "你好" }), Buffer.from("你好"));
  });

  test("formatted text", () => {
    const message = received({
      type: "rich_text",
      content: { contentType: "markdown", rawContent: "*x*", htmlContent: "<i>x</i>" },
    });
    assert.ok(message.type === "rich_text");
    const { contentType, rawContent, htmlContent } = message.richText;
    assert.deepEqual([contentType, rawContent, htmlContent], ["markdown", "*x*", "<i>x</i>"]);
  });

  test("a recording, with its size as a number or a bigint", () => {
    const facts = { audioId: "a", audioUrl: "https://a", duration: 3.25, format: "opus", transcription: "hi" };
    for (const size of [9_007_199_254_740_991, 5n, undefined]) {
      const message = received({ type: "audio", content: size === undefined ? facts : { ...facts, size } });
      assert.ok(message.type === "audio");
      const { audioId, audioUrl, duration, format, transcription } = message.audio;
      assert.deepEqual({ audioId, audioUrl, duration, format, transcription }, facts);
      assert.equal(message.audio.size, BigInt(size ?? 0));
    }
  });

  test("bytes of any other type", () => {
    const content = new Uint8Array([0, 255]);
    const message = received({ type: 42 as MessageType, content });
    assert.ok(message.type === "unknown");
    assert.deepEqual(message.content, content);
  });

  test("sender, room, metadata and time, to the millisecond", () => {
    const { id, roomId, fromUserId, metadata, timestamp, raw } = received({ type: "text", content: "x" });
    assert.deepEqual([id, roomId, fromUserId, metadata], ["m", "r", "ann", { client: "docs" }]);
    assert.deepEqual(timestamp, new Date(1_700_000_000_123));
    assert.equal(raw.messageId, "m");
  });
});

describe("a received frame", () => {
  test("of the server is a system message with its event", () => {
    const content = create(SystemContentSchema, { eventType: "user_joined", eventData: { user: "bob" } });
    const message = decodeMessage(
      incoming("m", { type: MessageType.SYSTEM, content: toBinary(SystemContentSchema, content) }),
      ignore,
    );
    assert.ok(message.type === "system");
    assert.deepEqual([message.eventType, message.eventData], ["user_joined", { user: "bob" }]);
  });

  test("that only controls keeps its name", () => {
    for (const [type, name] of [
      [MessageType.ACK, "ack"],
      [MessageType.JOIN_ROOM, "join_room"],
      [MessageType.LEAVE_ROOM, "leave_room"],
    ] as const) {
      assert.equal(decodeMessage(incoming("m", { type }), ignore).type, name);
    }
  });

  test("has a position only when the server told one", () => {
    const without = decodeMessage(incoming("m", { epoch: "e" }), ignore);
    assert.deepEqual(["sequence" in without, "epoch" in without], [false, false]);
    const { sequence, epoch } = decodeMessage(incoming("m", { sequence: 7n, epoch: "e" }), ignore);
    assert.deepEqual([sequence, epoch], [7n, "e"]);
  });

  test("has a time only when there is one that a Date can hold", () => {
    const timeOf = (seconds: bigint, nanos = 0) =>
      decodeMessage(incoming("m", { timestamp: { seconds, nanos } }), ignore).timestamp;
    assert.equal(decodeMessage(incoming("m"), ignore).timestamp, undefined);
    assert.deepEqual(timeOf(0n), new Date(0));
    assert.deepEqual(timeOf(-1n, 500_000_000), new Date(-500));
    assert.equal(timeOf(2n ** 62n), undefined);
    const now = new Date();
    assert.deepEqual(decodeMessage(incoming("m", { timestamp: timestampFromDate(now) }), ignore).timestamp, now);
  });

  test("is acknowledged by its ack()", () => {
    let acks = 0;
    decodeMessage(incoming("m"), () => acks++).ack();
    assert.equal(acks, 1);
  });

  test("whose content is not what its type says is unknown, with its bytes", () => {
    const content = new Uint8Array([0x0a, 0xff]);
    for (const type of [MessageType.AUDIO, MessageType.RICH_TEXT, MessageType.SYSTEM]) {
      const message = decodeMessage(incoming("m", { type, content }), ignore);
      assert.ok(message.type === "unknown", `type ${type}`);
      assert.equal(message.content, content);
    }
  });

  test("of any type with any bytes never throws", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.uint8Array(), (type, content) => {
        decodeMessage(incoming("m", { type: type as MessageType, content: new Uint8Array(content) }), ignore);
      }),
    );
  });
});
