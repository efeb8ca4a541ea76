import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { MessageType } from "@im-sdk/gen";
import { startFaultProxy } from "@im-sdk/testing";
import type { RawStream } from "../test-kit/raw-stream.ts";
import { type WatchedService, watchService } from "../test-kit/watched-service.ts";

const maxQueueBytes = 256 * 1024;
const content = new Uint8Array(10_000);
/** A queue, one write, and in the write one frame more. */
const boundBytes = maxQueueBytes + 64 * 1024 + content.byteLength + 300;
/** Far more than the sockets and the proxy hold between them. */
const count = 4000;
const retention = { maxMessages: count, maxBytes: 2 * count * content.byteLength };
const all = Array.from({ length: count }, (_, index) => BigInt(index + 1));

/** Bytes that are kept for a member and have not gone to its connection. */
function waitingBytes({ context, streamOf }: WatchedService, userId: string): number {
  const [stream] = context.streams.of(userId);
  return (stream?.outgoing.bytes ?? 0) + (streamOf(userId)?.writableLength ?? 0);
}

/** The positions of the texts that a member gets. */
async function* textsOf(member: RawStream): AsyncGenerator<bigint, undefined> {
  for await (const { type, sequence } of member.read()) if (type === MessageType.TEXT) yield sequence;
}

async function take(texts: AsyncGenerator<bigint, undefined>, wanted: number): Promise<(bigint | undefined)[]> {
  const taken: (bigint | undefined)[] = [];
  while (taken.length < wanted) taken.push((await texts.next()).value);
  return taken;
}

for (const kind of ["does not read", "has a connection that stands still"]) {
  test(`of a member who ${kind} little is kept, the others get all, and so does the member in the end`, async (t) => {
    const service = await watchService(t, { limits: { maxQueueBytes }, retention });
    const proxy = await startFaultProxy({ host: "127.0.0.1", port: service.port });
    t.after(() => proxy.close());
    const reader = textsOf(await service.join("reader"));
    const slow = await service.join("slow", proxy.port);
    if (kind !== "does not read") {
      // So that the window is not what holds this one back.
      slow.session.settings({ initialWindowSize: 2 ** 30 });
      slow.session.setLocalWindowSize(2 ** 30);
      await once(slow.session, "localSettings");
      proxy.stall();
    }
    const received: (bigint | undefined)[] = [];
    let mostBytes = 0;
    while (received.length < count) {
      for (let i = 0; i < 20; i += 1) service.post(content);
      received.push(...(await take(reader, 20)));
      mostBytes = Math.max(mostBytes, waitingBytes(service, "slow"));
    }
    assert.deepEqual(received, all);
    assert.ok(mostBytes > maxQueueBytes / 2 && mostBytes <= boundBytes, `${mostBytes} bytes were kept`);
    proxy.resume();
    assert.deepEqual(await take(textsOf(slow), count), all);
  });
}
