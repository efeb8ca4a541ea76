import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startImServer } from "@im-sdk/server";

const example = fileURLToPath(new URL("batch-client.ts", import.meta.url));

test("the batch client gets a receipt for every message, and ends by itself", async () => {
  await using server = await startImServer();
  const env = { ...process.env, IM_SERVER: `127.0.0.1:${server.port}` };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example], { env });
  assert.equal(stderr, "");
  assert.match(
    stdout,
    /^20 clients sent 10000 messages: 10000 acknowledged\n10000 received, [\d,]+ messages a second\n$/,
  );
});
