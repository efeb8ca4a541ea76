import assert from "node:assert/strict";
import { constants } from "node:http2";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { MessageType } from "@im-sdk/gen";
import { RawStream } from "../test-kit/raw-stream.ts";
import { watchService } from "../test-kit/watched-service.ts";

const limits = { maxQueueMessages: 10, maxQueueBytes: 10_000 };

test("what is stored in one turn leaves in one write for each member", async (t) => {
  const service = await watchService(t, {});
  const members = ["bob", "carol", "dave"];
  await Promise.all(members.map((userId) => service.join(userId)));
  const writes = new Map(members.map((userId) => [userId, 0]));
  for (const userId of members) {
    const stream = service.streamOf(userId);
    assert.ok(stream);
    const write = stream.write.bind(stream) as (bytes: Uint8Array) => boolean;
    stream.write = (bytes: Uint8Array) => {
      writes.set(userId, (writes.get(userId) ?? 0) + 1);
      return write(bytes);
    };
  }
  for (let i = 0; i < 100; i += 1) service.post(new Uint8Array(100));
  await new Promise(setImmediate);
  assert.deepEqual([...writes.values()], [1, 1, 1]);
});

test("a client that ends its side while its token is looked at is answered", async (t) => {
  const { promise: isEnded, resolve } = Promise.withResolvers<void>();
  const authenticate = async () => {
    await isEnded;
    return "eve";
  };
  const { port, streamOf } = await watchService(t, { authenticate });
  using client = new RawStream(`http://127.0.0.1:${port}`, { "user-id": "eve", authorization: "Bearer token" });
  client.stream.end();
  client.stream.resume();
  while (streamOf("eve")?.readableEnded !== true) await new Promise(setImmediate);
  resolve();
  assert.equal((await client.trailers)["grpc-status"], "0");
});

test("a deadline that is longer than timers can wait is not over at once", async (t) => {
  const { port } = await watchService(t, {});
  const headers = { "user-id": "eve", "im-capabilities": "ack", "grpc-timeout": "2592000S" };
  using client = new RawStream(`http://127.0.0.1:${port}`, headers);
  client.send({ type: MessageType.HEARTBEAT, messageId: "1" });
  client.stream.end();
  client.stream.resume();
  assert.equal((await client.trailers)["grpc-status"], "0");
});

test("a refusal with metadata that HTTP/2 has no place for arrives without that", async (t) => {
  const authenticate = () => {
    throw new ConnectError("no way", Code.PermissionDenied, { connection: "close", "x-reason": "test" });
  };
  const { port } = await watchService(t, { authenticate });
  using client = new RawStream(`http://127.0.0.1:${port}`, { "user-id": "eve", authorization: "Bearer token" });
  client.stream.resume();
  const trailers = await client.trailers;
  assert.deepEqual([trailers["grpc-status"], trailers["x-reason"]], ["7", "test"]);
});

const ends: Record<string, (client: RawStream) => void> = {
  "cancels its call": ({ stream }) => stream.close(constants.NGHTTP2_CANCEL),
  "resets its call without an error": ({ stream }) => stream.close(constants.NGHTTP2_NO_ERROR),
  "cuts its connection": ({ session }) => session.destroy(),
};

for (const [what, end] of Object.entries(ends)) {
  test(`a client that ${what} is forgotten, though it was neither reading nor being read from`, async (t) => {
    const { context, join, streamOf } = await watchService(t, { limits });
    const client = await join("eve");
    // More answers than the client has room for: the server no longer reads what asks for them, though it has come.
    for (let i = 0; i < 400; i += 1) client.send({ type: MessageType.HEARTBEAT, messageId: "x".repeat(500) });
    while (streamOf("eve")?.isPaused() !== true) await new Promise(setImmediate);
    const closed = new Promise((resolve) => streamOf("eve")?.once("close", resolve));
    end(client);
    await closed;
    await new Promise(setImmediate);
    assert.deepEqual(context.streams.all(), []);
    assert.equal(context.rooms.find("r")?.subscriptions.size, 0);
  });
}
