import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { IMService, type MessageResponse, MessageType } from "@im-sdk/gen";
import { temporaryFolder } from "./test-kit/temporary-folder.ts";

const roomId = "r";

async function startServer(t: TestContext, path: string) {
  const program = fileURLToPath(new URL("./test-kit/level-server.ts", import.meta.url));
  const child = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  const baseUrl = String(line).trim();
  const sessionManager = new Http2SessionManager(baseUrl);
  t.after(() => sessionManager.abort());
  const exited = once(child, "exit");
  return {
    im: createClient(IMService, createGrpcTransport({ baseUrl, sessionManager })),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

type Im = Client<typeof IMService>;

function send(im: Im, userId: string, messageId: string) {
  const content = new TextEncoder().encode(messageId);
  return im.sendMessage({ userId, roomId, messageId, type: MessageType.TEXT, content });
}

async function history(im: Im): Promise<MessageResponse[]> {
  const all: MessageResponse[] = [];
  for (;;) {
    const last = all.at(-1);
    const after = last === undefined ? {} : { after: { epoch: last.epoch, sequence: last.sequence } };
    const { messages, hasMore } = await im.listMessages({ roomId, userId: "reader", pageSize: 1000, ...after });
    all.push(...messages);
    if (!hasMore) return all;
  }
}

test("a server that is killed in a flood, again and again, has all that it acknowledged, in order and once", async (t) => {
  await using folder = await temporaryFolder();
  const acknowledged = new Map<string, { sequence: bigint; epoch: string }>();
  const unanswered = new Set<string>();
  const users = ["alice", "bob", "carol", "dan"];
  for (let life = 0; life < 3; life += 1) {
    const server = await startServer(t, folder.path);
    // What was left without an answer is sent again: it is there already, or is stored now.
    for (const id of [...unanswered]) {
      const { sequence, epoch } = await send(server.im, id.split("-")[0] ?? "", id);
      acknowledged.set(id, { sequence, epoch });
      unanswered.delete(id);
    }
    const enough = acknowledged.size + 500;
    const flood = users.map(async (userId) => {
      for (let i = 0; ; i += 1) {
        // Some at a time, so that many are on their way when the server dies.
        const ids = Array.from({ length: 16 }, (_, j) => `${userId}-${life}-${i}-${j}`);
        const results = await Promise.allSettled(ids.map((id) => send(server.im, userId, id)));
        results.forEach((result, j) => {
          const id = ids[j] ?? "";
          if (result.status === "fulfilled") acknowledged.set(id, result.value);
          else unanswered.add(id);
        });
        if (results.some(({ status }) => status === "rejected")) return;
        if (acknowledged.size >= enough) void server.kill();
      }
    });
    await Promise.all(flood);
    await server.kill();
  }

  const { im, kill } = await startServer(t, folder.path);
  const messages = await history(im);
  const positions = new Map(messages.map(({ messageId, sequence, epoch }) => [messageId, { sequence, epoch }]));
  assert.equal(positions.size, messages.length, "a message is there twice");
  for (const [id, { sequence, epoch }] of acknowledged) assert.deepEqual(positions.get(id), { sequence, epoch }, id);
  messages.forEach(({ sequence, previousSequence }, index) => {
    assert.equal(previousSequence, messages[index - 1]?.sequence ?? 0n);
    assert.ok(sequence > previousSequence);
  });
  // Whoever missed the answer gets the first one, after any number of deaths.
  for (const [id, first] of [...acknowledged].slice(0, 20)) {
    const { sequence, epoch } = await send(im, id.split("-")[0] ?? "", id);
    assert.deepEqual({ sequence, epoch }, { sequence: first.sequence, epoch: first.epoch });
  }
  assert.equal((await im.getRoomInfo({ roomId })).roomInfo?.messageCount, BigInt(messages.length));
  await kill();
});
