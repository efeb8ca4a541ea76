import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipWithout } from "@im-sdk/test-servers";

test("the demo shows all of its steps and succeeds", async () => {
  const { code, stdout, stderr } = await finish(start());
  assert.equal(stderr, "");
  assert.equal(code, 0);
  assert.match(stdout, /\n8\. [\s\S]*\nOK 8 steps, \d+ checks, 309 messages delivered 924 times, in [\d.]+ s\n$/);
  assert.equal(stdout.includes("\u001b"), false, "there are escape sequences in a pipe");
});

test("with --cluster the conversation outlives the server that serves it, and a restart of NATS", {
  ...(await skipWithout("etcd", "nats-server")),
}, async () => {
  const { code, stdout, stderr } = await finish(start("--cluster"));
  assert.equal(stderr, "");
  assert.equal(code, 0);
  assert.match(stdout, /\n6\. [\s\S]*\nOK 6 steps, \d+ checks, 905 messages delivered 2715 times, in [\d.]+ s\n$/);
});

test("the demo fails when the server dies at its start", async () => {
  const { code, stderr } = await finish(start("--server", fixture("dying-server.ts")));
  assert.match(stderr, /^\nFAILED in step 1 \(.*\): the server ended before it listened \(exit code 7\)\n$/);
  assert.equal(code, 1);
});

test("the demo fails when receipts are not acknowledged", async () => {
  const { code, stderr } = await finish(start("--server", fixture("plain-server.ts")));
  assert.match(stderr, /^\nFAILED in step 3 \(.*\): not true that .*: got 'written', want 'acknowledged'\n$/);
  assert.equal(code, 1);
});

test("the demo fails at its deadline when the server is silent", async () => {
  const { code, stderr } = await finish(start("--server", fixture("silent-server.ts"), "--timeout-ms", "100"));
  assert.match(stderr, /^\nFAILED in step 1 \(.*\): not over after 100 ms\n$/);
  assert.equal(code, 1);
});

test("the demo takes its server along when it is interrupted", async () => {
  const demo = start();
  const serverPid = Promise.withResolvers<number>();
  createInterface(demo.stdout).on("line", (line) => {
    const [, pid] = /process (\d+) listens/.exec(line) ?? [];
    if (pid !== undefined) serverPid.resolve(Number(pid));
    if (line.startsWith("3.")) demo.kill("SIGINT");
  });
  const { code, stderr } = await finish(demo);
  assert.match(stderr, /^\nFAILED in step \d \(.*\): stopped by SIGINT\n$/);
  assert.equal(code, 1);
  const pid = await serverPid.promise;
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

type Demo = ChildProcessByStdio<null, Readable, Readable>;

function start(...args: string[]): Demo {
  const demo = fileURLToPath(new URL("demo.ts", import.meta.url));
  const env = { ...process.env, FORCE_COLOR: "0" };
  return spawn(process.execPath, [demo, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function finish(demo: Demo): Promise<{ code: number; stdout: string; stderr: string }> {
  const [[code], stdout, stderr] = await Promise.all([once(demo, "close"), text(demo.stdout), text(demo.stderr)]);
  return { code, stdout, stderr };
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}
