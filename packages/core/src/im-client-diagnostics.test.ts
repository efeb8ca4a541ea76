import assert from "node:assert/strict";
import { test } from "node:test";
import { startImServer } from "@im-sdk/server";
import type { ImDiagnostics } from "./diagnostics/im-diagnostics.ts";
import { ImClient } from "./im-client.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { observe } from "./test-kit/observe.ts";
import { record } from "./test-kit/record.ts";
import { until } from "./test-kit/until.ts";

test("a send publishes one object when it is taken, within the call, and again with its receipt", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const sends = observe(t, "ann", "im-sdk:send:start", "im-sdk:send:end");
  const ann = record(t, { userId: "ann", services: [`127.0.0.1:${server.port}`] });
  await ann.client.connect();
  const sending = ann.client.sendTextMessage("lobby", "hello");
  assert.deepEqual(
    sends.map(({ name, hadOutcome }) => [name, hadOutcome]),
    [["im-sdk:send:start", false]],
  );
  const receipt = await sending;
  assert.deepEqual(
    sends.map(({ name }) => name),
    ["im-sdk:send:start", "im-sdk:send:end"],
  );
  assert.equal(sends[0]?.payload, sends[1]?.payload);
  const { messageId } = receipt;
  assert.deepEqual(sends[1]?.payload, {
    client: { userId: "ann", serviceName: "im-service" },
    roomId: "lobby",
    messageId,
    type: 1,
    contentBytes: 5,
    receipt,
  });
});

test("a send that fails ends with its error, and the caller gets the same", async (t) => {
  const sends = observe(t, "eve", "im-sdk:send:start", "im-sdk:send:end");
  await using eve = new ImClient({ userId: "eve", services: ["127.0.0.1:1"] });
  const error = await eve.sendTextMessage("lobby", "hello").catch((reason: unknown) => reason);
  hasCode("failed_precondition", "connect()")(error);
  assert.equal(sends[1]?.payload.error, error);
  await using server = await startImServer();
  await using eva = new ImClient({ userId: "eve", services: [`127.0.0.1:${server.port}`] });
  await eva.connect();
  const signal = {} as AbortSignal;
  await assert.rejects(eva.sendTextMessage("lobby", "hello", { signal }), TypeError);
  assert.equal(sends[3]?.payload.error?.code, "unknown");
  // What is refused before it is taken is no send.
  await assert.rejects(eve.sendTextMessage("", "hello"), hasCode("invalid_argument"));
  assert.equal(sends.length, 4);
});

test("tries to connect, states, and why a stream is gone", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const seen = observe(
    t,
    "bob",
    "im-sdk:connect:start",
    "im-sdk:connect:end",
    "im-sdk:state",
    "im-sdk:disconnect",
    "im-sdk:reconnecting",
    "im-sdk:instances",
    "im-sdk:error",
  );
  const of = <Name extends keyof ImDiagnostics>(name: Name) =>
    seen.filter((each) => each.name === name).map(({ payload }) => payload as ImDiagnostics[Name]);
  const bob = record(t, {
    userId: "bob",
    services: ["127.0.0.1:1", `127.0.0.1:${server.port}`],
    random: () => 0,
    maxRetries: 0,
    retryIntervalMs: 1,
  });
  await bob.client.connect();
  const ends = of("im-sdk:connect:end");
  assert.deepEqual(of("im-sdk:connect:start"), ends);
  const served = ends.find(({ error }) => error === undefined);
  assert.equal(served?.instance?.port, server.port);
  for (const { instance, error } of ends) assert.equal(error?.code, instance?.port === 1 ? "unavailable" : undefined);

  await server.close();
  await until(() => of("im-sdk:error").length > 0);
  assert.deepEqual(
    of("im-sdk:state").map(({ state, previous }) => [previous, state]),
    [
      ["idle", "connecting"],
      ["connecting", "connected"],
      ["connected", "reconnecting"],
      ["reconnecting", "closed"],
    ],
  );
  assert.deepEqual(
    [of("im-sdk:disconnect").map(({ error }) => error?.code), of("im-sdk:reconnecting").map(({ attempt }) => attempt)],
    [bob.of("disconnect").map((error) => error?.code), bob.of("reconnecting").map(({ attempt }) => attempt)],
  );
  assert.deepEqual(
    of("im-sdk:error").map(({ error }) => error),
    bob.of("error"),
  );
  assert.equal(of("im-sdk:instances")[0]?.list?.length, 2);
  const clients = new Set(seen.map(({ payload }) => payload.client));
  assert.equal(clients.size, 1);
});

test("messages are told to be received once they are accepted, and only then", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const received = observe(t, "dan", "im-sdk:receive");
  const dan = record(t, { userId: "dan", defaultRoomId: "lobby", services: [`127.0.0.1:${server.port}`] });
  await dan.client.connect();
  const { messageId } = await dan.client.sendTextMessage("lobby", "hello");
  await dan.until(({ texts }) => texts.includes("hello"));
  assert.deepEqual(
    received.map(({ payload }) => payload).filter(({ type }) => type === 1),
    [
      {
        client: { userId: "dan", serviceName: "im-service" },
        roomId: "lobby",
        messageId,
        fromUserId: "dan",
        type: 1,
        contentBytes: 5,
      },
    ],
  );
});

test("a subscriber that listens to the ends alone gets them, and none costs the sender its receipt", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const ends = observe(t, "gil", "im-sdk:send:end");
  const gil = record(t, { userId: "gil", services: [`127.0.0.1:${server.port}`] });
  await gil.client.connect();
  const receipts = await Promise.all([1, 2, 3].map((n) => gil.client.sendTextMessage("lobby", `${n}`)));
  assert.deepEqual(
    ends.map(({ payload }) => payload.receipt),
    receipts,
  );
});

test("a client logs to the logger in its options", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const lines: string[] = [];
  const write = (message: string) => lines.push(message);
  const logger = { debug: write, info: write, warn: write, error: write };
  await using ivy = new ImClient({ userId: "ivy", services: [`127.0.0.1:${server.port}`], logger });
  await ivy.connect();
  assert.ok(lines.includes(`im: connected to 127.0.0.1:${server.port}`), lines.join("\n"));
});
