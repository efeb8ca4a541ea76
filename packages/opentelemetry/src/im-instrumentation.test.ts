import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ImClient, ImError } from "@im-sdk/core";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { ImInstrumentation } from "./im-instrumentation.ts";
import { Reader, setup } from "./test-kit/setup.ts";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

test("a send is a span under the caller's, with what it was and how it ended", async (t) => {
  const { client, tracer, spans } = await setup(t);
  await client.connect();
  const receipt = await tracer.startActiveSpan("request", async (parent) => {
    const sent = await client.sendTextMessage("lobby", "hello");
    parent.end();
    return sent;
  });
  const [send] = spans("im send");
  const [parent] = spans("request");
  assert.deepEqual([send?.parentSpanContext?.spanId, send?.kind], [parent?.spanContext().spanId, SpanKind.PRODUCER]);
  assert.deepEqual(send?.attributes, {
    "messaging.system": "im",
    "im.service.name": "im-service",
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "messaging.destination.name": "lobby",
    "messaging.message.id": receipt.messageId,
    "messaging.message.body.size": 5,
    "im.delivery": "acknowledged",
  });
  // What happens on the stream later is nobody's request.
  const [connect] = spans("im connect");
  assert.deepEqual([connect?.parentSpanContext, connect?.kind], [undefined, SpanKind.CLIENT]);
});

test("what fails is an error span with the code, and is counted by it", async (t) => {
  const { client, proxy, spans, points } = await setup(t, {
    outbox: { maxAgeMs: 100 },
    maxRetries: Number.POSITIVE_INFINITY,
  });
  await client.connect();
  proxy.refuse();
  const hasTriedAgain = new Promise<void>((resolve) => {
    client.on("reconnecting", ({ attempt }) => {
      if (attempt > 1) resolve();
    });
  });
  proxy.cut();
  await hasTriedAgain;
  await assert.rejects(client.sendTextMessage("lobby", "hello"), ImError);
  const [send] = spans("im send");
  const expired = { "error.type": "expired" };
  assert.deepEqual([send?.attributes["error.type"], send?.status.code], ["expired", SpanStatusCode.ERROR]);
  assert.deepEqual(await points("messaging.client.sent.messages"), [{ value: 1, attributes: expired }]);
  assert.ok(spans("im connect").some(({ status }) => status.code === SpanStatusCode.ERROR));
});

test("messages, acknowledgement times, the outbox, connections and calls are metrics", async (t) => {
  const { client, proxy, points, spans } = await setup(t, { defaultRoomId: "lobby" });
  const messages = client.messages();
  await client.connect();
  await client.getRoomInfo("lobby");
  proxy.stall("down");
  const sending = [1, 2, 3].map((n) => client.sendTextMessage("lobby", `${n}`));
  assert.deepEqual(await points("im.client.outbox.messages"), [{ value: 3, attributes: {} }]);
  proxy.resume();
  await Promise.all(sending);
  for (let received = 0; received < 3; ) received += (await messages.next()).value?.type === "text" ? 1 : 0;

  const acknowledged = { "im.delivery": "acknowledged" };
  assert.deepEqual(await points("im.client.outbox.messages"), [{ value: 0, attributes: {} }]);
  assert.deepEqual(await points("messaging.client.sent.messages"), [{ value: 3, attributes: acknowledged }]);
  assert.deepEqual(await points("messaging.client.operation.duration"), [{ value: 3, attributes: acknowledged }]);
  const [consumed] = await points("messaging.client.consumed.messages");
  assert.ok(Number(consumed?.value) >= 3);
  assert.deepEqual(await points("im.client.connected"), [{ value: 1, attributes: {} }]);
  assert.deepEqual(await points("im.client.connect.duration"), [
    { value: 1, attributes: { "server.address": "127.0.0.1", "server.port": proxy.port } },
  ]);
  const call = { "rpc.system": "grpc", "rpc.service": "im.v1.IMService", "rpc.method": "GetRoomInfo" };
  assert.deepEqual(await points("rpc.client.call.duration"), [{ value: 1, attributes: call }]);
  assert.equal(spans("im.v1.IMService/GetRoomInfo").length, 1);

  const isBack = new Promise<void>((resolve) => client.once("connect", () => resolve()));
  proxy.cut();
  await isBack;
  const lost = { "error.type": "unavailable" };
  assert.deepEqual(await points("im.client.disconnects"), [{ value: 1, attributes: lost }]);
  assert.deepEqual(await points("im.client.reconnects"), [{ value: 1, attributes: lost }]);
  assert.deepEqual(await points("im.client.connected"), [{ value: 1, attributes: {} }]);
  await client.disconnect();
  assert.deepEqual(await points("im.client.connected"), [{ value: 0, attributes: {} }]);
});

test("disabling ends what is open, and nothing is observed from then on", async (t) => {
  const { client, proxy, instrumentation, spans, points } = await setup(t);
  await client.connect();
  proxy.stall("both");
  const sending = client.sendTextMessage("lobby", "hello");
  instrumentation.disable();
  assert.equal(spans("im send").length, 1);
  assert.deepEqual(await points("im.client.outbox.messages"), [{ value: 0, attributes: {} }]);
  assert.deepEqual(await points("im.client.connected"), [{ value: 0, attributes: {} }]);
  proxy.resume();
  await sending;
  await client.sendTextMessage("lobby", "again");
  assert.equal(spans("im send").length, 1);
  instrumentation.enable();
  await client.sendTextMessage("lobby", "once more");
  assert.equal(spans("im send").length, 2);
});

test("it is enabled when it is made, unless told otherwise, and says its name and version", async (t) => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  t.after(() => trace.disable());
  await using client = new ImClient({ userId: "ann", services: ["127.0.0.1:1"] });
  const fail = () => assert.rejects(client.sendTextMessage("lobby", "hello"), ImError);

  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const waiting = new ImInstrumentation({ enabled: false });
  assert.deepEqual([waiting.instrumentationName, waiting.instrumentationVersion], [manifest.name, manifest.version]);
  assert.deepEqual(waiting.getConfig(), { enabled: false });
  await fail();
  assert.equal(exporter.getFinishedSpans().length, 0);

  const instrumentation = new ImInstrumentation();
  t.after(() => instrumentation.disable());
  await fail();
  const [span] = exporter.getFinishedSpans();
  assert.deepEqual(span?.instrumentationScope.name, manifest.name);
});

test("enabled twice it counts once, and providers that come later take over", async (t) => {
  const { client, instrumentation, points } = await setup(t);
  await client.connect();
  instrumentation.enable();
  await client.sendTextMessage("lobby", "hello");
  const acknowledged = { value: 1, attributes: { "im.delivery": "acknowledged" } };
  assert.deepEqual(await points("messaging.client.sent.messages"), [acknowledged]);
  const exporter = new InMemorySpanExporter();
  instrumentation.setTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  await client.sendTextMessage("lobby", "again");
  assert.deepEqual(
    exporter.getFinishedSpans().map(({ name }) => name),
    ["im send"],
  );
  assert.deepEqual(await points("im.client.outbox.messages"), [{ value: 0, attributes: {} }]);
});

test("providers that come later hear of what is open already, and the one before no longer", async (t) => {
  const { client, proxy, instrumentation, spans, points } = await setup(t);
  await client.connect();
  proxy.stall("down");
  const sending = client.sendTextMessage("lobby", "hello");
  const reader = new Reader();
  const exporter = new InMemorySpanExporter();
  instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }));
  instrumentation.setTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  const [none, one] = [0, 1].map((value) => [{ value, attributes: {} }]);
  for (const open of ["im.client.connected", "im.client.outbox.messages"]) {
    assert.deepEqual([await points(open), await points(open, reader)], [none, one]);
  }
  proxy.resume();
  await sending;
  const acknowledged = { value: 1, attributes: { "im.delivery": "acknowledged" } };
  assert.deepEqual(await points("messaging.client.operation.duration", reader), [acknowledged]);
  assert.deepEqual(await points("im.client.outbox.messages", reader), none);
  // It has the end that it had where it began.
  assert.equal(spans("im send")[0]?.attributes["im.delivery"], "acknowledged");
  assert.equal(exporter.getFinishedSpans().length, 0);
  await client.disconnect();
  assert.deepEqual(await points("im.client.connected", reader), none);
});

test("durations are seconds, and losses of messages are counted by reason", async (t) => {
  const { client, proxy, reader, points } = await setup(t, { defaultRoomId: "lobby" }, { capabilities: [] });
  await client.connect();
  const startedAtMs = performance.now();
  await client.getRoomInfo("lobby");
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const { resourceMetrics } = await reader.collect();
  const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  const [call] = all.find(({ descriptor }) => descriptor.name === "rpc.client.call.duration")?.dataPoints ?? [];
  const { sum = 0 } = (call?.value ?? {}) as { sum?: number };
  assert.ok(sum > 0 && sum <= seconds, `${sum} of ${seconds} s`);
  const isLost = new Promise<void>((resolve) => client.once("gap", () => resolve()));
  proxy.cut();
  await isLost;
  assert.deepEqual(await points("im.client.gaps"), [{ value: 1, attributes: { "im.gap.reason": "no_cursor" } }]);
});
