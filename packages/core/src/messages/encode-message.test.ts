import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MessageRequestSchema, MessageType } from "@im-sdk/gen";
import { hasCode } from "../test-kit/has-code.ts";
import { encodeMessage, type SendableMessage } from "./encode-message.ts";

const fields = { userId: "ann", messageId: "m", roomId: "r", nowMs: 1_700_000_000_250, metadata: undefined };

/** Callers without types pass anything. */
const content = (message: unknown) => () => encodeMessage(message as SendableMessage, fields);

test("content that does not fit its type is refused, with what would", () => {
  const refused: [unknown, string][] = [
    [{ type: "text", content: 5 }, "text must be a string, got number"],
    [{ type: "rich_text", content: undefined }, "contentType"],
    [{ type: "rich_text", content: { contentType: "", rawContent: "x" } }, "contentType"],
    [
      { type: "rich_text", content: { contentType: "markdown", rawContent: 5 } },
      "rawContent must be a string, got number",
    ],
    [{ type: "audio", content: undefined }, "audioId"],
    [{ type: "audio", content: { audioId: "" } }, "audioId"],
    [{ type: "audio", content: { audioId: "a", size: 1.5 } }, "size must be a whole number of bytes, got 1.5"],
    [{ type: "audio", content: { audioId: "a", size: Number.NaN } }, "size"],
    [{ type: "audio", content: { audioId: "a", size: 2n ** 63n } }, "size"],
    [{ type: "video", content: new Uint8Array() }, "type must be"],
    [{ type: MessageType.UNSPECIFIED, content: new Uint8Array() }, "type must be"],
    [{ type: 2 ** 40, content: new Uint8Array() }, "type must be"],
    [{ type: 1.5, content: new Uint8Array() }, "type must be"],
    [{ type: MessageType.TEXT, content: "text" }, "content must be a Uint8Array for type 1, got string"],
    [undefined, "type must be"],
  ];
  for (const [message, words] of refused) assert.throws(content(message), hasCode("invalid_argument", words), words);
});

test("bytes go out under the type they are given", () => {
  const bytes = new Uint8Array([1, 2]);
  const { type, content: sent } = encodeMessage({ type: MessageType.TEXT, content: bytes }, fields);
  assert.deepEqual([type, sent], [MessageType.TEXT, bytes]);
});

test("metadata that is no text is refused, and not sent as a word for it", () => {
  const metadata = { count: 1 } as unknown as Record<string, string>;
  assert.throws(
    () => encodeMessage({ type: "text", content: "x" }, { ...fields, metadata }),
    hasCode("invalid_argument", '"count"', "number"),
  );
});

test("a frame is the message that protobuf makes of the same fields, with metadata of its own", () => {
  const metadata = { client: "docs" };
  const frame = encodeMessage({ type: "text", content: "hi" }, { ...fields, metadata });
  metadata.client = "changed";
  assert.deepEqual(
    frame,
    create(MessageRequestSchema, {
      messageId: "m",
      userId: "ann",
      roomId: "r",
      type: MessageType.TEXT,
      content: Buffer.from("hi"),
      metadata: { client: "docs" },
      timestamp: timestampFromMs(fields.nowMs),
    }),
  );
  const plain = encodeMessage({ type: "text", content: "hi" }, fields);
  assert.deepEqual(toBinary(MessageRequestSchema, plain), toBinary(MessageRequestSchema, { ...frame, metadata: {} }));
});
