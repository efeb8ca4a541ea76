import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startImServer } from "@im-sdk/server";
import { createCertificates } from "@im-sdk/test-servers";
import { startFaultProxy } from "@im-sdk/testing";
import { ImClient } from "./im-client.ts";
import { startImServerProcess } from "./test-kit/im-server-process.ts";
import { Recorder } from "./test-kit/recorder.ts";
import type { Command, Places } from "./test-kit/whole-program.ts";

test("a process that used everything ends by itself within a second of disconnect, whatever was pending", async (t) => {
  const made = new AsyncDisposableStack();
  t.after(() => made.disposeAsync());
  const { ca, server: certificate } = await createCertificates();
  const transcribe = async () => ({ text: "hello", confidence: 1 });
  let plain = await startImServer({ transcribe });
  made.defer(() => plain.close());
  const secure = made.use(await startImServer({ transcribe, tls: certificate }));
  const leaving = made.use(await startImServer());
  const dying = made.use(await startImServer());
  const stalling = made.use(await startFaultProxy(`127.0.0.1:${plain.port}`));
  const silent = made.use(await startFaultProxy(`127.0.0.1:${plain.port}`));
  silent.stall();
  const commands: Record<Command, () => unknown> = {
    drain: () => void leaving.drain(),
    kill: () => dying.close(),
    stall: () => stalling.stall(),
    async restart() {
      await plain.close();
      plain = await startImServer({ transcribe, port: plain.port });
    },
  };
  const places: Places = {
    plain: `127.0.0.1:${plain.port}`,
    secure: `localhost:${secure.port}`,
    ca,
    leaving: `127.0.0.1:${leaving.port}`,
    dying: `127.0.0.1:${dying.port}`,
    stalling: stalling.address,
    silent: silent.address,
  };
  const program = fileURLToPath(new URL("./test-kit/whole-program.ts", import.meta.url));
  const child = fork(program, [JSON.stringify(places)], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  made.defer(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  child.on("message", async (command: Command) => {
    await commands[command]();
    child.send("done");
  });
  const [code] = await once(child, "exit");
  const [, tookMs] = /^ended (\d+) ms after disconnect$/.exec(output.trim()) ?? [];
  assert.ok(code === 0 && tookMs !== undefined && Number(tookMs) < 1_000, `exit code ${code}: ${output}`);
});

test("a server killed with a signal is noticed at once, and the client is back when it is", {
  timeout: 30_000,
}, async () => {
  await using server = await startImServerProcess();
  const client = new ImClient({
    userId: "ann",
    defaultRoomId: "lobby",
    services: [server.address],
    retryIntervalMs: 50,
    maxRetries: Number.POSITIVE_INFINITY,
  });
  const recorder = new Recorder(client);
  await client.connect();
  await server.kill();
  await recorder.until((r) => r.of("disconnect").length === 1);
  const waiting = client.sendTextMessage("lobby", "while it was away");
  await server.start();
  assert.equal((await waiting).delivery, "acknowledged");
  await client.disconnect();
});
