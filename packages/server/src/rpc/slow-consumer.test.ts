import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { test } from "node:test";
import { MessageType } from "@im-sdk/gen";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { RawStream } from "../test-kit/raw-stream.ts";
import { startTestServer, type TestServer } from "../test-kit/test-server.ts";

const limits = { maxQueueMessages: 10, slowConsumerGraceMs: 1000 };
const resume = { "user-id": "slow", "room-id": "r", "im-capabilities": "resume" };

async function postMany(kit: TestServer, count: number): Promise<void> {
  const { im } = kit.connect();
  const content = new Uint8Array(10_000);
  for (let i = 0; i < count; i += 1)
    await im.sendMessage({ userId: "a", roomId: "r", type: MessageType.TEXT, content });
}

async function joined(kit: TestServer, headers: Record<string, string>): Promise<RawStream> {
  const stream = new RawStream(kit.server.url, headers);
  await once(stream.stream, "response");
  return stream;
}

test("a reader that fell behind gets everything in order once it reads", async () => {
  await using kit = await startTestServer({ limits });
  using slow = await joined(kit, resume);
  await postMany(kit, 200);
  const sequences: number[] = [];
  for await (const { type, sequence } of slow.read()) {
    if (type === MessageType.TEXT) sequences.push(Number(sequence));
    if (sequences.length === 200) break;
  }
  assert.deepEqual(
    sequences,
    Array.from({ length: 200 }, (_, index) => index + 1),
  );
});

for (const [kind, headers] of Object.entries({ resuming: resume, plain: { "user-id": "slow", "room-id": "r" } })) {
  test(`a ${kind} reader that the log has left behind is closed as a slow consumer`, async () => {
    await using kit = await startTestServer({ limits, retention: { maxMessages: 20 } });
    using slow = await joined(kit, headers);
    await postMany(kit, 200);
    const sequences: bigint[] = [];
    for await (const { type, sequence } of slow.read()) if (type === MessageType.TEXT) sequences.push(sequence);
    const trailers = await slow.trailers;
    assert.deepEqual([trailers["grpc-status"], trailers["grpc-message"]], ["8", "slow%20consumer"]);
    assert.equal(trailers["im-stream-end"], kind === "resuming" ? "slow-consumer" : undefined);
    assert.ok(sequences.length < 200);
    if (kind === "resuming")
      assert.deepEqual(
        sequences,
        sequences.map((_, index) => BigInt(index + 1)),
      );
  });
}

test("a reader that never reads is cut off in the end", async () => {
  const clock = new FakeClock();
  await using kit = await startTestServer({ clock, limits, retention: { maxMessages: 20 } });
  using slow = await joined(kit, resume);
  await postMany(kit, 200);
  const closed = new Promise((resolve) => slow.stream.on("close", resolve));
  clock.advance(60_000);
  // The look at the log answers within this turn's microtasks; then the time to read the error begins.
  await new Promise(setImmediate);
  clock.advance(1000);
  slow.stream.resume();
  await closed;
  assert.equal(slow.stream.rstCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  assert.deepEqual((await kit.connect().im.getRoomInfo({ roomId: "r" })).users, []);
});

test("one who asks for answers and never reads them is not read from either", async () => {
  await using kit = await startTestServer({ limits: { maxQueueMessages: 10, maxQueueBytes: 10_000 } });
  using slow = await joined(kit, { "user-id": "slow", "im-capabilities": "ack" });
  const frame = { type: MessageType.HEARTBEAT, messageId: "x".repeat(500) };
  // Far more than the windows and buffers on the way hold: at some point the server takes no more.
  let writable = true;
  for (let i = 0; i < 20_000 && writable; i += 1) {
    slow.send(frame);
    if (i % 500 === 0) await new Promise(setImmediate);
    writable = slow.stream.writableLength < 4 * 1024 * 1024;
  }
  assert.equal(writable, false);
});
