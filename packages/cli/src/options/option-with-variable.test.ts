import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { cleanEnv } from "../test-kit/command.ts";
import { runCommand } from "../test-kit/running-command.ts";
import { startTestRoom } from "../test-kit/test-room.ts";

/** Runs `im` as a program does that brings an environment of its own; the process has another. */
function runWithin(env: Record<string, string>, args: string[], processEnv: Record<string, string>): Promise<string> {
  const script = `
    import { processIo, runIm } from "@im-sdk/cli";
    process.exitCode = await runIm(${JSON.stringify(args)}, { ...processIo(), env: ${JSON.stringify(env)} });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: import.meta.dirname,
    env: cleanEnv(processEnv),
    stdio: ["ignore", "pipe", "inherit"],
  });
  return text(child.stdout);
}

test("variables are those of the environment that the command is given, not those of the process", async () => {
  await using room = await startTestRoom();
  const elsewhere = { IM_SERVER: "127.0.0.1:1", IM_CONSUL: "127.0.0.1:1", IM_USER: "mallory" };
  const sent = await runWithin({ ...room.env, IM_USER: "carol" }, ["send", "lobby", "hi"], elsewhere);
  assert.match(sent, /^acknowledged /);
  const senders: string[] = [];
  for await (const message of room.bob.listMessages("lobby")) senders.push(message.fromUserId);
  assert.deepEqual(senders, ["carol"]);
});

test("a variable that makes no sense is named, with exit code 2, and one that is empty is not given", async () => {
  await using room = await startTestRoom();
  const { code, stdout, stderr } = await runCommand(["health"], { env: { IM_TIMEOUT: "soon" } });
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(
    stderr,
    /^im: option '--timeout <time>' value 'soon' from env 'IM_TIMEOUT' is invalid\. Want a time .*\n$/,
  );
  const empty = { IM_TIMEOUT: "", IM_SERVICE_NAME: "", IM_CONSUL: "", IM_USER: "", IM_TOKEN: "" };
  assert.equal((await runCommand(["send", "lobby", "hi"], { env: { ...room.env, ...empty } })).code, 0);
});
