import assert from "node:assert/strict";
import { test } from "node:test";
import { toBinary } from "@bufbuild/protobuf";
import { MessageRequestSchema, MessageType } from "@im-sdk/gen";
import { ManualClock } from "@im-sdk/testing";
import type { Connection, ConnectionState } from "../connection/connection.ts";
import { Diagnostics } from "../diagnostics/diagnostics.ts";
import { ImError } from "../im-error.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle } from "../test-kit/until.ts";
import { MessageSender } from "./message-sender.ts";
import { Outbox } from "./outbox.ts";
import { resolveOutboxOptions } from "./outbox-options.ts";

function setup({ state = "connected", maxSendBytes = 1_000 }: { state?: ConnectionState; maxSendBytes?: number } = {}) {
  const clock = new ManualClock(1_700_000_000_000);
  const outbox = new Outbox({ options: resolveOutboxOptions(), clock });
  outbox.attach("acknowledged", () => {});
  const connection = {
    state,
    ready: () => Promise.reject(new ImError("failed_precondition", "call connect() first")),
  } as unknown as Connection;
  const sender = new MessageSender({
    userId: "ann",
    requestTimeoutMs: 500,
    maxAgeMs: 60_000,
    maxSendBytes,
    outbox,
    connection,
    diagnostics: new Diagnostics({ userId: "ann", serviceName: "im-service" }),
    clock,
  });
  return { clock, outbox, sender };
}

const text = { type: MessageType.TEXT, content: Buffer.from("hello") };

test("a message leaves with its sender, room, time and a fresh id", async () => {
  const { outbox, sender } = setup();
  for (const metadata of [{ client: "docs" }, undefined]) {
    sender.send("r", text, metadata === undefined ? {} : { metadata }).catch(() => {});
  }
  const [first, second] = [outbox.take(), outbox.take()];
  assert.deepEqual(
    [first?.userId, first?.roomId, first?.type, first?.metadata, first?.timestamp?.seconds],
    ["ann", "r", MessageType.TEXT, { client: "docs" }, 1_700_000_000n],
  );
  assert.match(first?.messageId ?? "", /^[0-9a-f-]{14}7/, "a UUIDv7");
  assert.notEqual(first?.messageId, second?.messageId);
});

test("it takes the id, the deadline and the signal of the caller", async () => {
  const { clock, outbox, sender } = setup();
  const short = sender.send("r", text, { messageId: "mine", timeoutMs: 10 });
  const usual = sender.send("r", text);
  const abort = new AbortController();
  const given = sender.send("r", text, { signal: abort.signal });
  for (const sent of [short, usual, given]) sent.catch(() => {});
  assert.equal(outbox.take()?.messageId, "mine");
  abort.abort();
  await assert.rejects(given, hasCode("canceled"));
  await clock.advance(10);
  await assert.rejects(short, hasCode("unknown", "mine"));
  await clock.advance(489);
  assert.equal(outbox.size, 1);
  await clock.advance(1);
  await assert.rejects(usual, hasCode("expired"));
});

test("what cannot be sent is refused before it is taken", async () => {
  const { outbox, sender } = setup();
  const cases: [string, string, object][] = [
    ["roomId", "", {}],
    ["messageId", "r", { messageId: "" }],
    ["timeoutMs", "r", { timeoutMs: 0 }],
    ["metadata", "r", { metadata: { count: 1 } }],
  ];
  for (const [name, roomId, options] of cases) {
    await assert.rejects(sender.send(roomId, text, options), hasCode("invalid_argument", name));
  }
  assert.equal(outbox.size, 0);
});

test("without a connection or one to come it is refused, while one is coming it is taken", async () => {
  for (const state of ["idle", "closed"] as const) {
    await assert.rejects(setup({ state }).sender.send("r", text), hasCode("failed_precondition", "connect()"));
  }
  for (const state of ["connecting", "reconnecting"] as const) {
    const { outbox, sender } = setup({ state });
    sender.send("r", text).catch(() => {});
    assert.equal(outbox.size, 1);
  }
});

test("the limit is on the bytes of the whole message, to the byte", async () => {
  const probe = setup();
  const options = { messageId: "m", metadata: { 键: "值".repeat(40) } };
  probe.sender.send("r", text, options).catch(() => {});
  const frame = probe.outbox.take();
  assert.ok(frame !== undefined);
  const bytes = toBinary(MessageRequestSchema, frame).byteLength;
  const fits = setup({ maxSendBytes: bytes });
  fits.sender.send("r", text, options).catch(() => {});
  assert.equal(fits.outbox.size, 1);
  const { sender } = setup({ maxSendBytes: bytes - 1 });
  await assert.rejects(sender.send("r", text, options), hasCode("invalid_argument", `${bytes} bytes`, "maxSendBytes"));
});

test("draining takes no more messages and resolves when those taken are settled", async () => {
  const { clock, sender } = setup();
  sender.send("r", text).catch(() => {});
  let drained = false;
  const drain = sender.drain().then(() => {
    drained = true;
  });
  await assert.rejects(sender.send("r", text), hasCode("failed_precondition", "draining"));
  await settle();
  assert.equal(drained, false);
  await clock.advance(500);
  await drain;
});

test("what cannot be sent is refused as that, also while there is no connection", async () => {
  const { sender } = setup({ state: "idle" });
  await assert.rejects(sender.send("", text), hasCode("invalid_argument", "roomId"));
  await assert.rejects(
    sender.send("r", { type: "text", content: 5 as unknown as string }),
    hasCode("invalid_argument"),
  );
});
