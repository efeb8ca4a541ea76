import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Program } from "../processes/program.ts";
import type { BatchedServerPorts } from "../servers/batched-server.ts";
import { loadPeer, peerNames } from "./load-peer.ts";
import type { Peer } from "./peer.ts";

let server: Program;
let ports: BatchedServerPorts;
before(async () => {
  server = Program.start("servers/batched-server.ts");
  ports = await server.next();
});
after(() => server[Symbol.asyncDispose]());

/** Sends so many texts at once and gives what came: ids and content lengths, until there are `count`. */
async function exchange(
  peer: Peer,
  port: number,
  { roomId = "room", sent = 0, count = 0, contentBytes = 100 },
): Promise<[string, number][]> {
  const received: [string, number][] = [];
  const done = Promise.withResolvers<void>();
  const stream = await peer.openStream({
    port,
    roomId,
    contentBytes,
    onMessage: (messageId, length) => {
      received.push([messageId, length]);
      if (received.length === (count || sent)) done.resolve();
    },
    onError: done.reject,
  });
  for (let n = 0; n < sent; n++) stream.send(n);
  await done.promise;
  await stream.close();
  return received;
}

for (const name of peerNames) {
  test(`${name} gets back what it sent, once and in order`, async () => {
    const peer = await loadPeer(name);
    const expected = (bytes: number, sent: number) => Array.from({ length: sent }, (_, n) => [`${n}`, bytes]);
    assert.deepEqual(await exchange(peer, ports.plain, { sent: 1_500 }), expected(100, 1_500));
    const large = { sent: 3, contentBytes: 500_000 };
    assert.deepEqual(await exchange(peer, ports.plain, large), expected(500_000, 3));
  });

  test(`${name} gets different messages without end from a server that pushes, until it has enough`, async () => {
    const received = await exchange(await loadPeer(name), ports.plain, { roomId: "push", count: 1_000 });
    assert.ok(received.length >= 1_000);
    assert.equal(new Set(received.map(([messageId]) => messageId)).size, received.length);
    assert.ok(received.every(([, length]) => length === 100));
  });

  test(`${name} uploads every byte, in as many chunks as the others`, async () => {
    const uploads = await (await loadPeer(name)).openUploads(ports.plain);
    const size = 300_000;
    const [messages, bytes] = (await uploads.upload(Buffer.alloc(size, "x"))).split(" ").map(Number);
    await uploads.close();
    assert.equal(messages, 1 + Math.ceil(size / (32 * 1024)));
    // Envelopes, field tags and the metadata.
    assert.ok(bytes !== undefined && bytes > size && bytes < size + 300, `${bytes} bytes`);
  });
}

test("those that make calls are answered", async () => {
  const answers: [string, string][] = [];
  for (const name of peerNames) {
    const calls = await (await loadPeer(name)).openCalls?.(ports.plain);
    if (calls === undefined) continue;
    for (const answer of await Promise.all([calls.sendMessage(), calls.sendMessage()])) answers.push([name, answer]);
    await calls.close();
  }
  const callers = ["@im-sdk/core", "grpc-js", "connect-node"];
  assert.deepEqual(
    answers,
    callers.flatMap((name) => [1, 2].map(() => [name, "m"])),
  );
});
