import assert from "node:assert/strict";
import { test } from "node:test";
import { ImClient } from "@im-sdk/core";
import { startImServer } from "@im-sdk/server";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { natsStorage } from "./nats-storage.ts";

const real = await skipWithout("nats-server");

test(
  "clients of two servers are in one room, through a crash of NATS and one that takes all data along",
  real,
  async (t) => {
    await using nats = await startNats();
    const options = { servers: nats.address, appendTimeoutMs: 60_000 };
    const clients: ImClient[] = [];
    for (const userId of ["alice", "bob"]) {
      const server = await startImServer({ storage: await natsStorage(options) });
      const client = new ImClient({ userId, services: [`localhost:${server.port}`], requestTimeoutMs: 60_000 });
      t.after(async () => {
        await client.disconnect();
        await server.close();
      });
      await client.connect();
      await client.joinRoom("r");
      clients.push(client);
    }
    const [alice = assert.fail(), bob = assert.fail()] = clients;
    const heard: string[] = [];
    const gaps: string[] = [];
    const arrivals = new EventTarget();
    bob.on("gap", ({ reason }) => gaps.push(reason));
    bob.on("message", (message) => {
      if (message.type === "text") heard.push(message.text);
      arrivals.dispatchEvent(new Event("message"));
    });
    const untilHeard = async (text: string) => {
      while (!heard.includes(text))
        await new Promise((next) => arrivals.addEventListener("message", next, { once: true }));
    };
    const send = (text: string) => alice.sendTextMessage("r", text, { timeoutMs: 60_000 });

    const first = await send("first");
    assert.equal(first.delivery, "acknowledged");
    await untilHeard("first");
    await nats.kill();
    const during = send("during");
    await nats.start({ keepData: true });
    const second = await during;
    assert.deepEqual([second.epoch, second.sequence], [first.epoch, 2n]);
    await untilHeard("during");
    assert.deepEqual(gaps, []);

    await nats.kill();
    await nats.start({ keepData: false });
    const third = await send("anew");
    assert.notEqual(third.epoch, first.epoch);
    await untilHeard("anew");
    assert.deepEqual(heard, ["first", "during", "anew"]);
  },
);
