import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ImClient } from "@im-sdk/core";
import { startImServer } from "@im-sdk/server";

test("the gateway posts into a room and tells its history, and the bot answers, until SIGINT", async () => {
  await using server = await startImServer();
  const address = `127.0.0.1:${server.port}`;
  await using watcher = new ImClient({ userId: "watcher", services: [address] });
  await watcher.connect();
  await watcher.joinRoom("lobby");
  const messages = watcher.messages({ roomId: "lobby" });
  await using app = start({ IM_SERVER: address, PORT: "0" });
  const url = `${await app.url}/rooms/lobby/messages`;

  const posted = await fetch(url, { method: "POST", body: JSON.stringify({ text: "你好" }) });
  assert.equal(posted.status, 201);
  for await (const message of messages) if (message.fromUserId === "echo-bot") break;
  const history = await fetch(url);
  assert.equal(history.status, 200);
  assert.deepEqual(await history.json(), [
    { from: "gateway", text: "你好" },
    { from: "echo-bot", text: "echo: 你好" },
  ]);

  app.child.kill("SIGINT");
  assert.deepEqual(await app.closed, [0, null]);
  assert.equal(await app.stderr, "");
});

test("the gateway answers mistakes with the status that they deserve", async () => {
  await using server = await startImServer();
  await using app = start({ IM_SERVER: `127.0.0.1:${server.port}`, PORT: "0" });
  const url = await app.url;
  const status = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).status;
  assert.equal(await status("/"), 404);
  assert.equal(await status("/rooms/nowhere/messages"), 404);
  assert.equal(await status("/rooms/lobby/messages", { method: "DELETE" }), 405);
  assert.equal(await status("/rooms/lobby/messages", { method: "POST", body: "{" }), 400);
  assert.equal(await status("/rooms/lobby/messages", { method: "POST", body: "{}" }), 400);
  assert.equal(await status("/rooms/%ff/messages"), 400);
});

test("CommonJS requires the SDK", async () => {
  await using server = await startImServer();
  const env = { ...process.env, IM_SERVER: `127.0.0.1:${server.port}` };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [pathOf("health.cjs")], { env });
  assert.match(stdout, /^connected: .*\n$/);
  assert.equal(stderr, "");
});

/** The app as a process; disposing kills it. */
function start(environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [pathOf("main.ts")], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const firstLine = once(createInterface(child.stdout), "line");
  const url = Promise.race([firstLine, closed]).then(([line]) => {
    assert.match(String(line), /^gateway on http:/);
    return String(line).replace("gateway on ", "");
  });
  return {
    child: child as ChildProcess,
    closed,
    stderr: text(child.stderr),
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
