// A server that does not read any more: what a client holds for it is bounded.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { startImServer } from "@im-sdk/server";
import { startFaultProxy } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";
import { ImError } from "./im-error.ts";
import { collectGarbage } from "./test-kit/collect-garbage.ts";

const mebibyte = 1024 * 1024;
const messageBytes = 10_000;
const maxBytes = 4 * mebibyte;

/** Sends 200 MB to a server that stands still; resolves once it has gone on and every send is settled. */
async function floodStalled(t: TestContext, plain: boolean) {
  const server = await startImServer(plain ? { capabilities: [] } : {});
  t.after(() => server.close());
  await using proxy = await startFaultProxy({ port: server.port, host: "127.0.0.1" }, { maxHeldBytes: 1 });
  const client = new ImClient({
    userId: "ann",
    services: [proxy.address],
    outbox: { maxBytes, whenFull: "reject" },
    requestTimeoutMs: 100_000,
  });
  t.after(() => client.disconnect({ timeoutMs: 1 }));
  await client.connect();
  proxy.stall();
  const text = "x".repeat(messageBytes);
  const outcomes = { settled: 0, refused: 0 };
  const sends: Promise<unknown>[] = [];
  const before = await heldBytes();
  for (let round = 0; round < 200; round++) {
    for (let count = 0; count < 100; count++) {
      const sent = client.sendTextMessage("r", text).then(
        () => outcomes.settled++,
        (error: unknown) => {
          assert.ok(error instanceof ImError && error.code === "resource_exhausted", String(error));
          outcomes.refused++;
        },
      );
      sends.push(sent);
    }
    // What can leave leaves.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const stalled = { ...outcomes, heldBytes: (await heldBytes()) - before };
  proxy.resume();
  await Promise.all(sends);
  return { stalled, total: sends.length, outcomes };
}

/** Memory in use by what is reachable: objects and the bytes of buffers. */
async function heldBytes(): Promise<number> {
  // Buffers are freed in the background, and counted by the next collection.
  for (let pass = 0; pass < 3; pass++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

for (const plain of [false, true]) {
  test(`200 MB for a ${plain ? "plain server" : "server"} that stands still take some of the outbox's bound, and the rest is refused at once`, async (t) => {
    const { stalled, total, outcomes } = await floodStalled(t, plain);
    // Each message may be there twice: in the outbox and, encoded, with HTTP/2 and the sockets.
    assert.ok(stalled.heldBytes < 2 * maxBytes + 8 * mebibyte, `${stalled.heldBytes} bytes are held`);
    assert.ok(stalled.refused > total / 2, `${stalled.refused} of ${total} were refused`);
    assert.equal(outcomes.settled + outcomes.refused, total);
    assert.equal(outcomes.refused, stalled.refused, "what was taken has been delivered");
  });
}
