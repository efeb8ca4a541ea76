import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import { startImServer } from "@im-sdk/server";
import { startFaultProxy } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";

test("listeners run in the async context of the client's maker, not in that of a caller; senders keep theirs", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  t.after(() => proxy.close());
  const context = new AsyncLocalStorage<string>();
  const heard: Record<string, string | undefined> = {};

  const client = context.run(
    "maker",
    () => new ImClient({ userId: "ann", services: [proxy.address], retryIntervalMs: 1 }),
  );
  t.after(() => client.disconnect());
  const isBack = Promise.withResolvers<void>();
  for (const name of ["connect", "disconnect", "reconnecting", "stateChange", "message"] as const) {
    client.on(name, () => {
      heard[name] = context.getStore();
    });
  }
  await context.run("caller", () => client.connect());
  await client.joinRoom("lobby");
  client.on("connect", () => isBack.resolve());
  await context.run("sender", async () => {
    await client.sendTextMessage("lobby", "hello");
    assert.equal(context.getStore(), "sender");
  });
  proxy.cut();
  await isBack.promise;
  const messages = client.messages();
  await context.run("reader", async () => {
    const next = messages.next();
    await client.sendTextMessage("lobby", "again");
    await next;
    assert.equal(context.getStore(), "reader");
  });
  assert.deepEqual(heard, {
    connect: "maker",
    disconnect: "maker",
    reconnecting: "maker",
    stateChange: "maker",
    message: "maker",
  });
});
