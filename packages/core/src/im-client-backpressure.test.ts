// A sender far faster than its receiver, from one process to another.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startImServer } from "@im-sdk/server";
import { ImClient } from "./im-client.ts";
import type { Answer, Question } from "./test-kit/slow-receiver.ts";

const mebibyte = 1024 * 1024;
const messageBytes = 16_000;

/** A way to a port that counts what has come back by it. */
async function startRelay(t: TestContext, port: number) {
  const sockets: Socket[] = [];
  const relay = createServer({ noDelay: true }, (client) => {
    const server = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const socket of [client, server]) socket.on("error", () => {});
    client.pipe(server).pipe(client);
    sockets.push(client);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  t.after(() => relay.close());
  return {
    address: `127.0.0.1:${(relay.address() as AddressInfo).port}`,
    receivedBytes: () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
  };
}

/** A server with so much of a log, a receiver that handles nothing until it is asked to, and one who sends. */
async function setup(t: TestContext, logBytes: number) {
  const server = await startImServer({ retention: { maxBytes: logBytes } });
  const relay = await startRelay(t, server.port);
  const program = fileURLToPath(new URL("./test-kit/slow-receiver.ts", import.meta.url));
  const receiver = fork(program, [relay.address], {
    execArgv: ["--expose-gc"],
  });
  const fast = new ImClient({ userId: "fast", services: [`127.0.0.1:${server.port}`] });
  t.after(async () => {
    receiver.kill("SIGKILL");
    await fast.disconnect({ timeoutMs: 1 });
    await server.close();
  });
  await once(receiver, "message");
  await fast.connect();
  async function ask(question: Question): Promise<Answer> {
    receiver.send(question);
    const ended = once(receiver, "exit").then(([code]) => assert.fail(`the receiver ended with code ${code}`));
    const [answer] = (await Promise.race([once(receiver, "message"), ended])) as [Answer];
    return answer;
  }
  return {
    ask,
    /** Three times in a row nothing has come to the receiver but the answers to its calls; and what has come until then. */
    async rest(): Promise<Answer & { receivedBytes: number }> {
      let before = 0;
      for (let quiet = 0; ; ) {
        const answer = await ask("wait");
        const receivedBytes = relay.receivedBytes();
        quiet = receivedBytes - before < 50_000 ? quiet + 1 : 0;
        before = receivedBytes;
        if (quiet === 3) return { ...answer, receivedBytes };
      }
    },
    async flood(count: number): Promise<void> {
      // The server compresses what can be compressed.
      const text = randomBytes(messageBytes).toString("base64").slice(0, messageBytes);
      const sends = Array.from({ length: count }, (_, n) =>
        fast.sendTextMessage("lobby", text, { messageId: n === count - 1 ? "last" : `${n}`, timeoutMs: 100_000 }),
      );
      for (const { delivery } of await Promise.all(sends)) assert.equal(delivery, "acknowledged");
    },
  };
}

test("a slow receiver pauses its stream and holds little; it can send meanwhile, and all arrives once, in order", async (t) => {
  const count = 2_000;
  const { ask, rest, flood } = await setup(t, 200 * mebibyte);
  await flood(count);
  const paused = await rest();
  assert.deepEqual(paused.handled, [1]);
  // Of some 24 MB.
  assert.ok(paused.receivedBytes < 20 * mebibyte, `${paused.receivedBytes} bytes have come`);
  // A message is held as it came, and once more as text.
  assert.ok(paused.heldBytes < 84 * mebibyte, `${paused.heldBytes} bytes of memory are held`);

  const sent = await ask("send");
  assert.deepEqual([sent.delivery, sent.handled], ["acknowledged", [1]]);
  assert.deepEqual((await ask("step")).handled, [1, 2]);

  const finished = await ask("finish");
  assert.deepEqual(
    finished.handled,
    Array.from({ length: count }, (_, n) => n + 1),
  );
  assert.deepEqual([finished.gaps, finished.disconnects], [[], []]);
  assert.ok(finished.heldBytes < 16 * mebibyte, `${finished.heldBytes} bytes of memory are left`);
});

test("what the server's log drops before a slow receiver comes to it is told as a gap, and the rest arrives once, in order", async (t) => {
  const count = 2_500;
  const { ask, flood } = await setup(t, 2 * mebibyte);
  await flood(count);
  const { handled, gaps } = await ask("finish");
  assert.ok(gaps.length > 0 && handled.length < count);
  assert.deepEqual(
    handled,
    handled.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(handled).size, handled.length);
  const isTold = (place: number) => gaps.some(([after, upTo]) => after < place && place <= upTo);
  for (let place = 1; place <= count; place++) {
    assert.ok(handled.includes(place) || isTold(place), `${place} is missing, and no gap says so`);
  }
});
