import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ImClient } from "./im-client.ts";
import { Recorder } from "./test-kit/recorder.ts";

test("a process that used everything ends by itself after disconnect", async () => {
  const program = fileURLToPath(new URL("./test-kit/whole-program.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  assert.match(stdout, /^left: *$/m);
});

test("a server killed with a signal is noticed at once, and the client is back when it is", {
  timeout: 30_000,
}, async () => {
  const { spawn } = await import("node:child_process");
  const command = fileURLToPath(import.meta.resolve("@im-sdk/server")).replace(/index\.js$/, "bin/im-server.js");
  const start = async (port: number) => {
    const child = spawn(process.execPath, [command, "--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
    const url = await new Promise<string>((resolve) => {
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk;
        const match = /listening on (\S+)/.exec(output);
        if (match?.[1] !== undefined) resolve(match[1]);
      });
    });
    return { child, port: Number(new URL(url).port) };
  };
  const first = await start(0);
  const client = new ImClient({
    userId: "ann",
    defaultRoomId: "lobby",
    services: [`127.0.0.1:${first.port}`],
    retryIntervalMs: 50,
    maxRetries: Number.POSITIVE_INFINITY,
  });
  const recorder = new Recorder(client);
  await client.connect();
  first.child.kill("SIGKILL");
  await recorder.until((r) => r.of("disconnect").length === 1);
  const waiting = client.sendTextMessage("lobby", "while it was away");
  const second = await start(first.port);
  assert.equal((await waiting).delivery, "acknowledged");
  await client.disconnect();
  second.child.kill("SIGTERM");
});
