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

test("a result that cannot be written is one line that says why, with exit code 1", needsDevFull, async () => {
  await using room = await startTestRoom();
  await using full = await open("/dev/full", "w");
  for (const args of [
    ["send", "lobby", "hi"],
    ["tail", "lobby", "--last", "1", "--count", "1"],
  ]) {
    const stdio: StdioOptions = ["ignore", full.fd, "pipe"];
    const child = spawn(process.execPath, [commandFile, ...args], { env: cleanEnv(room.env), stdio });
    assert.ok(child.stderr !== null);
    const [[code], stderr] = await Promise.all([once(child, "close"), text(child.stderr)]);
    assert.equal(code, 1);
    assert.match(stderr, /^(?:connected .*\n)?im: stdout cannot be written: ENOSPC.*\n$/);
  }
});
