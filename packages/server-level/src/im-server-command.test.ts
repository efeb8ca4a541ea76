import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { IMService, MessageType } from "@im-sdk/gen";
import { temporaryFolder } from "./test-kit/temporary-folder.ts";

const command = fileURLToPath(new URL("./bin/im-server.js", import.meta.resolve("@im-sdk/server")));

async function run(t: TestContext, ...flags: string[]) {
  const child = spawn(process.execPath, [command, "--port", "0", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  for await (const line of createInterface(child.stdout)) {
    const baseUrl = /^listening on (\S+)$/.exec(line)?.[1];
    if (baseUrl === undefined) continue;
    const sessionManager = new Http2SessionManager(baseUrl);
    t.after(() => sessionManager.abort());
    return { child, im: createClient(IMService, createGrpcTransport({ baseUrl, sessionManager })) };
  }
  throw new Error("it ended without listening");
}

test("im-server --data-dir has its rooms again, killed or ended in order", async (t) => {
  await using folder = await temporaryFolder();
  for (const [life, signal] of (["SIGKILL", "SIGTERM", "SIGKILL"] as const).entries()) {
    const { child, im } = await run(t, "--data-dir", folder.path);
    const { sequence } = await im.sendMessage({ userId: "alice", roomId: "r", type: MessageType.TEXT });
    assert.equal(sequence, BigInt(life + 1));
    child.kill(signal);
    const [code] = await once(child, "exit");
    if (signal === "SIGTERM") assert.equal(code, 0);
  }
});

test("a folder that another im-server has is one line on stderr that names it, and exit code 1", async (t) => {
  await using folder = await temporaryFolder();
  await run(t, "--data-dir", folder.path);
  const second = spawn(process.execPath, [command, "--port", "0", "--data-dir", folder.path]);
  const [stderr, [code]] = await Promise.all([text(second.stderr), once(second, "exit")]);
  assert.equal(code, 1);
  assert.match(stderr, /^im-server: --data-dir: ".+" is open already, in this or another process: .+\n$/);
  assert.ok(stderr.includes(folder.path));
});
