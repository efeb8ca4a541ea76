import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { ImError } from "../im-error.ts";
import { outgoing } from "../test-kit/frames.ts";
import { createEntry } from "./outbox-entry.ts";
import { RefusedStreams } from "./refused-streams.ts";

const tooMuch = new ImError("resource_exhausted", "frame too large");
const broken = new ImError("unavailable", "gone");
const [a, b] = [createEntry(outgoing("a"), 0), createEntry(outgoing("b"), 0)];

test("the largest message without an answer at two refusals in a row is the culprit", () => {
  const streams = new RefusedStreams();
  assert.equal(streams.onEnd(a, tooMuch), undefined);
  assert.equal(streams.onEnd(a, tooMuch), a);
});

test("another message, another reason, or nothing sent in between clears it", () => {
  for (const [oldest, why] of [
    [b, tooMuch],
    [a, broken],
    [undefined, tooMuch],
    [a, undefined],
  ] as const) {
    const streams = new RefusedStreams();
    streams.onEnd(a, tooMuch);
    assert.equal(streams.onEnd(oldest, why), undefined);
    assert.equal(streams.onEnd(a, tooMuch), undefined);
  }
});

test("streams that end without a message are nobody's fault", () => {
  const streams = new RefusedStreams();
  for (let i = 0; i < 3; i++) assert.equal(streams.onEnd(undefined, tooMuch), undefined);
});

test("a server that ends the stream of a slow consumer says so, and accuses no message", () => {
  const metadata = { "im-stream-end": "slow-consumer" };
  const cause = new ConnectError("slow consumer", Code.ResourceExhausted, metadata);
  const tooSlow = new ImError("resource_exhausted", "slow consumer", { cause });
  const streams = new RefusedStreams();
  for (let stream = 0; stream < 3; stream++) assert.equal(streams.onEnd(a, tooSlow), undefined);
});
