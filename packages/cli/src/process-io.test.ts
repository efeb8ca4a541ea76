import assert from "node:assert/strict";
import { type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { cleanEnv, commandFile } from "./test-kit/command.ts";
import { startTestRoom } from "./test-kit/test-room.ts";

const needsDevFull = { skip: existsSync("/dev/full") ? false : "there is no /dev/full" };

/** Runs a command whose stdout is a full disk. */
async function runOnFullDisk(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  await using full = await open("/dev/full", "w");
  const stdio: StdioOptions = ["ignore", full.fd, "pipe"];
  const child = spawn(process.execPath, [commandFile, ...args], { env: cleanEnv(env), stdio });
  assert.ok(child.stderr !== null);
  const [[code], stderr] = await Promise.all([once(child, "close"), text(child.stderr)]);
  return { code, stderr };
}

test("a result that cannot be written is one line that says why, with exit code 1", needsDevFull, async () => {
  await using room = await startTestRoom();
  for (const args of [
    ["send", "lobby", "hi"],
    ["tail", "lobby", "--last", "1", "--count", "1"],
  ]) {
    const { code, stderr } = await runOnFullDisk(args, room.env);
    assert.equal(code, 1);
    assert.match(stderr, /^(?:connected .*\n)?im: stdout cannot be written: ENOSPC.*\n$/);
  }
});

test("so is help that cannot be written, and the result of a command that fails besides", needsDevFull, async () => {
  for (const args of [["--help"], ["--version"], ["send", "--help"], ["health", "--server", "127.0.0.1:1"]]) {
    const { code, stderr } = await runOnFullDisk(args);
    assert.equal(code, 1);
    assert.match(stderr, /^im: stdout cannot be written: ENOSPC.*\n$/);
  }
});

test("a command that writes nothing to stdout does not mind that it cannot be written", needsDevFull, async () => {
  const { code, stderr } = await runOnFullDisk(["--nonsense"]);
  assert.equal(code, 2);
  assert.match(stderr, /^im: unknown option .*\n$/);
});
