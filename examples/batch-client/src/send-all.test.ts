import assert from "node:assert/strict";
import { test } from "node:test";
import { ImClient } from "@im-sdk/core";
import { startImServer } from "@im-sdk/server";
import { sendAll } from "./send-all.ts";

test("receipts come in the order of the texts, and no client has more on the way than it may", async (t) => {
  await using server = await startImServer();
  await using client = new ImClient({ userId: "user123", services: [`127.0.0.1:${server.port}`] });
  await client.connect();
  let onTheWay = 0;
  let mostOnTheWay = 0;
  const send = client.sendTextMessage.bind(client);
  t.mock.method(client, "sendTextMessage", async (...args: Parameters<typeof send>) => {
    mostOnTheWay = Math.max(mostOnTheWay, ++onTheWay);
    const receipt = await send(...args);
    onTheWay--;
    return receipt;
  });

  const texts = Array.from({ length: 100 }, (_, n) => `message ${n}`);
  const receipts = await sendAll([client], "room456", texts, { perClient: 7 });
  assert.equal(mostOnTheWay, 7);
  const stored = new Map<string, string>();
  for await (const message of client.listMessages("room456")) {
    if (message.type === "text") stored.set(message.id, message.text);
  }
  assert.deepEqual(
    receipts.map(({ messageId }) => stored.get(messageId)),
    texts,
  );
});

test("one send that fails fails all", async () => {
  await using server = await startImServer({ rooms: { room456: { mutedUsers: ["user123"] } } });
  await using client = new ImClient({ userId: "user123", services: [`127.0.0.1:${server.port}`] });
  await client.connect();
  await assert.rejects(sendAll([client], "room456", ["a", "b"], { perClient: 1 }), { code: "rejected" });
});
