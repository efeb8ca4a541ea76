import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startImServer } from "@im-sdk/server";

const example = fileURLToPath(new URL("simple-client.ts", import.meta.url));

test("the simple client sends a message, gets it, and ends by itself", async () => {
  await using server = await startImServer();
  const env = { ...process.env, IM_SERVER: `127.0.0.1:${server.port}` };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example], { env });
  assert.equal(stdout, "sent: acknowledged\nuser123: Hello World!\n");
  assert.equal(stderr, "");
});
