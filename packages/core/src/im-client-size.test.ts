import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { startImServer } from "@im-sdk/server";
import { ImClient } from "./im-client.ts";
import { defaultOptions, type ImClientOptions } from "./im-client-options.ts";
import { Recorder } from "./test-kit/recorder.ts";

async function setup(t: TestContext, options: Parameters<typeof startImServer>[0] = {}) {
  const server = await startImServer(options);
  t.after(() => server.close());
  return (userId: string, more: Partial<ImClientOptions> = {}) => {
    const client = new ImClient({
      userId,
      defaultRoomId: "lobby",
      services: [`127.0.0.1:${server.port}`],
      retryIntervalMs: 10,
      maxRetries: Number.POSITIVE_INFINITY,
      ...more,
    });
    t.after(() => client.disconnect({ timeoutMs: 1 }));
    return Object.assign(new Recorder(client), { client });
  };
}

test("a message that is larger than a receiver takes is left out, as an error and a gap tell, and the stream goes on", async (t) => {
  const join = await setup(t);
  const [ann, bob] = [join("ann"), join("bob", { maxReceiveBytes: 10_000 })];
  for (const { client } of [ann, bob]) await client.connect();
  await bob.client.joinRoom("lobby");
  for (const text of ["before", "x".repeat(200_000), "after"]) await ann.client.sendTextMessage("lobby", text);
  await bob.until(({ texts }) => texts.includes("after"));
  assert.deepEqual(bob.texts, ["before", "after"]);
  assert.deepEqual(
    bob.of("gap").map(({ reason, after, upTo }) => [reason, after?.sequence, upTo?.sequence]),
    [["not_in_log", 1n, 2n]],
  );
  const [error] = bob.of("error");
  assert.equal(error?.code, "resource_exhausted");
  assert.match(error?.message ?? "", /maxReceiveBytes \(10000 bytes\)/);
  assert.deepEqual([bob.of("disconnect").length, bob.of("error").length], [0, 1]);
});

test("the largest message that a client sends by default is one that a client takes by default", async (t) => {
  const join = await setup(t, { retention: { maxBytes: 64 * 1024 * 1024 } });
  const [ann, bob] = [join("ann"), join("bob")];
  for (const { client } of [ann, bob]) await client.connect();
  await bob.client.joinRoom("lobby");
  let size = defaultOptions.maxSendBytes;
  for (;;) {
    const sent = await ann.client.sendTextMessage("lobby", "x".repeat(size)).catch(({ code }) => code);
    if (sent !== "invalid_argument") break;
    size -= 1;
  }
  await ann.client.sendTextMessage("lobby", "after");
  await bob.until(({ texts }) => texts.includes("after"));
  assert.deepEqual(
    bob.texts.map(({ length }) => length),
    [size, 5],
  );
});

test("a message that the server does not take in one frame is given up, and those beside it are acknowledged", async (t) => {
  const join = await setup(t, { limits: { maxMessageBytes: 100_000, maxUploadChunkBytes: 1_000 } });
  const ann = join("ann", { maxSendBytes: 16_000_000 });
  await ann.client.connect();
  const sends = ["a", "b", "x".repeat(2_000_000), "c"].map((text) =>
    ann.client.sendTextMessage("lobby", text).then(
      ({ delivery }) => delivery as string,
      ({ code }) => code as string,
    ),
  );
  assert.deepEqual(await Promise.all(sends), ["acknowledged", "acknowledged", "unknown", "acknowledged"]);
  assert.equal(ann.of("disconnect").length, 2);
});
