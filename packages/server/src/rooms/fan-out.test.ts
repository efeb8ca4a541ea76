import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MessageResponseSchema } from "@im-sdk/gen";
import type { OutgoingFrame } from "../stream/outgoing-frame.ts";
import { fanOut } from "./fan-out.ts";
import type { Subscription } from "./subscription.ts";

test("a message has two forms, and all members who take one of them share one frame of it", () => {
  const frames = new Map<string, OutgoingFrame>();
  const member = (name: string, resume: boolean) =>
    ({
      stream: { capabilities: { resume } },
      deliver: (_: unknown, frame: OutgoingFrame) => frames.set(name, frame),
    }) as unknown as Subscription;
  const message = create(MessageResponseSchema, { messageId: "m", sequence: 5n, epoch: "e" });
  fanOut({ message, bytes: 1 }, [
    member("ann", true),
    member("bob", false),
    member("carol", true),
    member("dave", false),
  ]);
  assert.equal(frames.get("ann"), frames.get("carol"));
  assert.equal(frames.get("bob"), frames.get("dave"));
  assert.deepEqual([frames.get("ann")?.message.sequence, frames.get("bob")?.message.sequence], [5n, 0n]);
});
