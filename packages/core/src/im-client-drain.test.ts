// Ends in order: of a client, and of the servers below it.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createImServiceRoutes, type ImServiceOptions, startImServer } from "@im-sdk/server";
import { ManualClock, startFaultProxy } from "@im-sdk/testing";
import type { SendReceipt } from "./delivery/send-receipt.ts";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { startPlainRoom } from "./test-kit/plain-room.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { type Handler, serve, type TestServer } from "./test-kit/serve.ts";
import { until } from "./test-kit/until.ts";

function record(t: TestContext, options: Partial<ImClientOptions>) {
  const client = new ImClient({ userId: "ann", defaultRoomId: "lobby", retryIntervalMs: 20, ...options });
  t.after(() => client.disconnect({ timeoutMs: 1 }));
  return Object.assign(new Recorder(client), { client });
}

/** How a stream ended, as the server saw it. */
interface StreamEnd {
  hasRequestEnded: boolean;
  resetWith: number | undefined;
}

const inPeace: StreamEnd = { hasRequestEnded: true, resetWith: 0 };

/** One service, for as many listeners as there are to be, which are then as servers that share their rooms. */
function createService(options: ImServiceOptions = {}) {
  const ends: StreamEnd[] = [];
  const service = connectNodeAdapter({ routes: createImServiceRoutes(options) });
  const handler: Handler = (request, response) => {
    const { stream } = request;
    if (request.url.endsWith("/StreamMessages")) {
      stream.on("close", () => ends.push({ hasRequestEnded: stream.readableEnded, resetWith: stream.rstCode }));
    }
    service(request, response);
  };
  return { handler, ends };
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);

test("disconnect lets what was sent just before be answered, and half-closes the stream instead of resetting it", async (t) => {
  const { handler, ends } = createService();
  const server = await serve(handler);
  t.after(() => server[Symbol.asyncDispose]());
  const ann = record(t, { services: [server.address] });
  await ann.client.connect();
  const sends = numbers(100).map((text) => ann.client.sendTextMessage("lobby", text));
  await ann.client.disconnect();
  for (const { delivery } of await Promise.all(sends)) assert.equal(delivery, "acknowledged");
  await until(() => ends.length === 1);
  assert.deepEqual(ends, [inPeace]);
});

test("so it does with a plain server, which has everything when disconnect is done", async (t) => {
  const room = await startPlainRoom();
  t.after(() => room[Symbol.asyncDispose]());
  const ann = record(t, { services: [room.address] });
  await ann.client.connect();
  const sends = numbers(100).map((text) => ann.client.sendTextMessage("lobby", text));
  await ann.client.disconnect();
  for (const { delivery } of await Promise.all(sends)) assert.equal(delivery, "written");
  assert.deepEqual(
    room.requests.map(({ content }) => Buffer.from(content).toString()),
    numbers(100),
  );
});

test("drain gives up after its timeout, disconnect goes on, and what has no answer by then is settled as what it is", async (t) => {
  const clock = new ManualClock();
  const server = await startImServer();
  t.after(() => server.close());
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  const ann = record(t, { services: [proxy.address], clock, outbox: { maxMessages: 1 } });
  await ann.client.connect();
  proxy.stall();
  const left = assert.rejects(ann.client.sendTextMessage("lobby", "left"), hasCode("unknown"));
  const kept = assert.rejects(ann.client.sendTextMessage("lobby", "did not fit"), hasCode("canceled"));
  const draining = assert.rejects(ann.client.drain({ timeoutMs: 1_000 }), hasCode("deadline_exceeded", "1000 ms", "2"));
  await clock.advance(1_000);
  await draining;
  await assert.rejects(ann.client.sendTextMessage("lobby", "late"), hasCode("failed_precondition", "draining"));
  const disconnecting = ann.client.disconnect({ timeoutMs: 1_000 });
  await clock.advance(1_000);
  // The stream gets its half second, too.
  await clock.advance(500);
  await disconnecting;
  await Promise.all([left, kept]);
});

function heardOf({ texts }: Recorder, speaker: number): string[] {
  return texts.filter((text) => text.startsWith(`${speaker} `));
}

/** Two servers, drained in turn 20 times while two clients that move between them talk; a third one listens from elsewhere. */
async function drainInTurn(t: TestContext, options: ImServiceOptions, delivery: SendReceipt["delivery"]) {
  const { handler, ends } = createService(options);
  const places: TestServer[] = [await serve(handler), await serve(handler)];
  const elsewhere = await serve(handler);
  const proxies = await Promise.all(places.map(({ address }) => startFaultProxy(address)));
  t.after(() => Promise.all([elsewhere, ...places, ...proxies].map((server) => server[Symbol.asyncDispose]())));
  const services = proxies.map(({ address }) => address);
  const movers = ["ann", "bob"].map((userId) => record(t, { userId, services, random: () => 0 }));
  const listener = record(t, { userId: "carol", services: [elsewhere.address] });
  await Promise.all([...movers, listener].map(({ client }) => client.connect()));
  await listener.client.getRoomInfo("lobby");

  let isOver = false;
  const said = movers.map(async ({ client }, speaker) => {
    const texts: string[] = [];
    while (!isOver) {
      const some = numbers(8).map((n) => `${speaker} ${texts.length + Number(n)}`);
      texts.push(...some);
      const receipts = await Promise.all(some.map((text) => client.sendTextMessage("lobby", text)));
      assert.ok(receipts.every((receipt) => receipt.delivery === delivery));
      // Nothing else would hold back one who waits for no ACK.
      await listener.until((recorder) => heardOf(recorder, speaker).length >= texts.length);
    }
    return texts;
  });
  for (let round = 0; round < 20; round++) {
    const leaving = places[round % 2];
    const proxy = proxies[round % 2];
    // So that something is on its way when the streams are left, and comes together with their end.
    proxy?.stall("up");
    await until(() => (proxy?.heldBytes ?? 0) > 0);
    const drained = leaving?.drain();
    await Promise.all(movers.map((mover) => mover.until(({ servedBy }) => servedBy.length === round + 2)));
    proxy?.resume();
    await drained;
    places[round % 2] = await serve(handler, { port: leaving?.port ?? 0 });
  }
  isOver = true;
  const texts = await Promise.all(said);
  for (const [speaker, wanted] of texts.entries()) assert.deepEqual(heardOf(listener, speaker), wanted);
  for (const mover of movers) assert.deepEqual([mover.of("disconnect"), mover.of("error")], [[], []]);
  assert.deepEqual(
    ends,
    Array.from({ length: 2 * 20 }, () => inPeace),
  );
  return { movers, listener };
}

test("two servers are drained in turn under traffic, and nothing is lost, doubled, misplaced or left unsent", async (t) => {
  const { movers, listener } = await drainInTurn(t, {}, "acknowledged");
  const wanted = listener.texts;
  for (const mover of movers) {
    await mover.until(({ texts }) => texts.length >= wanted.length);
    assert.deepEqual([mover.texts, mover.of("gap")], [wanted, []]);
  }
});

test("with plain servers, which drop no doubles and replay nothing, all that was sent arrives once, too", async (t) => {
  await drainInTurn(t, { capabilities: [] }, "written");
});
