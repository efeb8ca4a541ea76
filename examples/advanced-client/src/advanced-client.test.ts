import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startImServer } from "@im-sdk/server";

const example = fileURLToPath(new URL("advanced-client.ts", import.meta.url));

test("the advanced client shows its token, is told of errors, comes back, and ends by itself", async () => {
  const versions = new Set<string | null>();
  await using server = await startImServer({
    authenticate(token, { headers }) {
      versions.add(headers.get("x-app-version"));
      if (token === "token-of-ada") return "ada";
      throw new Error("whose is that?");
    },
  });
  const env = { ...process.env, IM_SERVER: `127.0.0.1:${server.port}` };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example], { env });
  assert.equal(stderr, "");
  assert.deepEqual([...versions], ["1.2.3"]);
  const lines = stdout.trimEnd().split("\n");

  const said = [
    "ada: **Hello** from Ada [markdown]",
    "ada: with a note attached (cheerful)",
    "ada: one coffee, please",
    "ada: no hurry",
  ];
  // That the room was made may be told before the loop begins, or after.
  const received = textAfter("received: ", lines).filter((line) => line !== "room_created ada");
  assert.deepEqual(received, said);
  assert.deepEqual(textAfter("history: ", lines), said);
  assert.deepEqual(textAfter("state: ", lines), [
    "idle → connecting",
    "connecting → connected",
    "connected → reconnecting",
    "reconnecting → connected",
    "connected → closed",
  ]);
  assert.deepEqual(
    textAfter("", lines).flatMap((line) => /^(not_found|rejected|expired|error|some)\b/.exec(line)?.[0] ?? []),
    ["not_found", "rejected", "expired"],
  );
  for (const line of [
    "connected; the server grants ack and resume",
    "in #lounge: ada",
    "sent twice, stored once: true",
    "sent after reconnecting: acknowledged",
    "disconnected: as asked",
  ]) {
    assert.ok(lines.includes(line), `"${line}" is not in the output:\n${stdout}`);
  }
});

function textAfter(start: string, lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
}
