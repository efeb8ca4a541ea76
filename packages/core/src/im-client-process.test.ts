import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startImServer } from "@im-sdk/server";
import { startFaultProxy } from "@im-sdk/testing";
import { createEndpointPool } from "./connection/endpoint-pool.ts";
import { ImClient } from "./im-client.ts";
import { Recorder } from "./test-kit/recorder.ts";

test("a process that used everything ends by itself after disconnect", async () => {
  const program = fileURLToPath(new URL("./test-kit/whole-program.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  assert.match(stdout, /^left: *$/m);
});

test("200 reconnects leave no listener, timer or socket behind", async () => {
  const server = await startImServer();
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  const pool = createEndpointPool();
  const client = new ImClient({
    userId: "ann",
    defaultRoomId: "lobby",
    services: [proxy.address],
    endpointPool: pool,
    retryIntervalMs: 1,
    maxRetries: Number.POSITIVE_INFINITY,
  });
  const recorder = new Recorder(client);
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  await client.connect();
  const before = process.getActiveResourcesInfo().length;
  for (let n = 1; n <= 200; n++) {
    const connects = recorder.of("connect").length;
    proxy.cut();
    await recorder.until((r) => r.of("connect").length > connects);
  }
  assert.equal((await client.sendTextMessage("lobby", "still here")).delivery, "acknowledged");
  assert.ok(process.getActiveResourcesInfo().length <= before + 5, process.getActiveResourcesInfo().join(" "));
  assert.deepEqual(warnings, []);
  process.off("warning", onWarning);
  await client.disconnect();
  await pool.close();
  await proxy.close();
  await server.close();
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
