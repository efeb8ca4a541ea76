import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType } from "@im-sdk/gen";
import { hasCode } from "../test-kit/has-code.ts";
import { contentOf, metadataOf, type SendableMessage, typeOf } from "./encode-message.ts";

/** Callers without types pass anything. */
const content = (message: unknown) => () => contentOf(message as SendableMessage);

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
  const message = { type: MessageType.TEXT, content: new Uint8Array([1, 2]) } as const;
  assert.deepEqual([typeOf(message), contentOf(message)], [MessageType.TEXT, message.content]);
});

test("metadata that is no text is refused, and not sent as a word for it", () => {
  const metadata = { count: 1 } as unknown as Record<string, string>;
  assert.throws(() => metadataOf(metadata), hasCode("invalid_argument", '"count"', "number"));
});

test("metadata goes out as it was when it was given", () => {
  const metadata = { client: "docs" };
  const sent = metadataOf(metadata);
  metadata.client = "changed";
  assert.deepEqual([sent, metadataOf(undefined)], [{ client: "docs" }, {}]);
});

test("a message without metadata has its own: what an interceptor adds to it is in no other", () => {
  const first = metadataOf(undefined);
  first.traceparent = "00-1";
  assert.deepEqual([first, metadataOf(undefined)], [{ traceparent: "00-1" }, {}]);
});
