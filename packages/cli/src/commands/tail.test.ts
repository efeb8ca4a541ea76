import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { ImClient } from "@im-sdk/core";
import { cleanEnv, commandFile } from "../test-kit/command.ts";
import { startImServerProcess } from "../test-kit/im-server-process.ts";
import { RunningCommand, runCommand } from "../test-kit/running-command.ts";
import { RunningTerminal } from "../test-kit/running-terminal.ts";
import { startTestRoom } from "../test-kit/test-room.ts";

const tail = ["tail", "lobby", "--user", "alice"];

test("in a pipe every message is a JSON object on a line, and SIGINT ends it with 130", async () => {
  await using room = await startTestRoom();
  await using command = new RunningCommand(tail, room.env);
  await command.stderr.until(/^following$/m);
  await room.bob.sendTextMessage("lobby", "one\ntwo\u009b", { metadata: { lang: "en" } });
  await room.bob.sendRichTextMessage("lobby", { contentType: "markdown", rawContent: "*hi*" });
  await room.bob.sendAudioMessage("lobby", { audioId: "a", audioUrl: "u", duration: 1.5, format: "opus", size: 7 });
  await command.stdout.until(/"audio".*\n/);
  command.process.kill("SIGINT");
  const { code, stdout } = await command.outcome();
  assert.equal(code, 130);
  assert.doesNotMatch(stdout, /\u009b/);
  const [said, rich, audio] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { id, epoch, timestamp, ...rest } = said;
  assert.deepEqual(rest, {
    type: "text",
    roomId: "lobby",
    fromUserId: "bob",
    sequence: "1",
    text: "one\ntwo\u009b",
    metadata: { lang: "en" },
  });
  assert.ok(Math.abs(Date.now() - Date.parse(timestamp)) < 3_600_000);
  assert.deepEqual(rich.richText, { contentType: "markdown", rawContent: "*hi*", htmlContent: "" });
  assert.equal(audio.audio.format, "opus");
});

test("on a terminal messages are lines that it does not obey, with the room where there are several", async () => {
  await using room = await startTestRoom();
  await using terminal = new RunningTerminal(["tail", "lobby", "other", "--user", "alice"], room.env);
  await terminal.until(/^following$/m);
  await room.bob.sendTextMessage("lobby", "\x1b[31mred\x1b[0m\u202etxt");
  await room.bob.sendTextMessage("other", "\rbob: I owe you");
  await terminal.until(/I owe you/);
  assert.match(terminal.screen, /^[\d:]{8} lobby bob: \\x1b\[31mred\\x1b\[0m\\u202etxt$/m);
  assert.match(terminal.screen, /^[\d:]{8} other bob: \\rbob: I owe you$/m);
});

test("--last and --since begin with history, and nothing is there twice or missing between it and what is new", async () => {
  await using room = await startTestRoom();
  for (const number of [1, 2, 3]) await room.bob.sendTextMessage("lobby", `old ${number}`);
  const textsOf = ({ stdout }: { stdout: string }) =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).text);

  await using last = new RunningCommand([...tail, "--last", "2", "--count", "3"], room.env);
  await last.stderr.until(/^following$/m);
  await room.bob.sendTextMessage("lobby", "new");
  assert.deepEqual(textsOf(await last.outcome()), ["old 2", "old 3", "new"]);

  const since = await runCommand([...tail, "--since", "1h", "--count", "4"], room);
  assert.deepEqual(textsOf(since), ["old 1", "old 2", "old 3", "new"]);
  await using future = new RunningCommand([...tail, "--since", "2999-01-01", "--count", "1"], room.env);
  await future.stderr.until(/^following$/m);
  await room.bob.sendTextMessage("lobby", "newer");
  assert.deepEqual(textsOf(await future.outcome()), ["newer"]);
});

test("it goes on after the server was killed, and tells what cannot be had any more", async () => {
  await using server = await startImServerProcess();
  await using command = new RunningCommand(tail, { IM_SERVER: server.address });
  await command.stderr.until(/^following$/m);
  const say = async (what: string) => {
    await using bob = new ImClient({ userId: "bob", services: [server.address] });
    await bob.connect();
    await bob.sendTextMessage("lobby", what);
  };
  await say("before");
  await command.stdout.until(/before/);
  await server.kill();
  await command.stderr.until(/not connected: /);
  await server.start();
  await command.stderr.until(/connected again/);
  await say("after");
  await command.stdout.until(/after/);
  assert.match(command.stdout.text, /"type":"gap","roomId":"lobby"/);
  command.process.kill("SIGTERM");
  assert.equal((await command.outcome()).code, 143);
});

test("a reader that goes away ends it without a word", async () => {
  await using room = await startTestRoom();
  const pipe = `"$0" "$1" tail lobby --user alice | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const shell = spawn("bash", ["-c", pipe, process.execPath, commandFile], { env: cleanEnv(room.env) });
  const [stdout, stderr] = [text(shell.stdout), text(shell.stderr)];
  const closed = once(shell, "close");
  const ended = new AbortController();
  closed.then(() => ended.abort());
  // What is written after the reader has gone tells it.
  while (!ended.signal.aborted) await Promise.race([room.bob.sendTextMessage("lobby", "x"), closed]);
  assert.match(await stdout, /^\{.*"text":"x".*\}\n0\n$/);
  assert.match(await stderr, /^connected to .*\nfollowing\n$/);
});

test("a token that is refused ends it, with what to do", async () => {
  await using room = await startTestRoom({
    authenticate: (token) => {
      if (token === undefined || token === "") return "bob";
      throw new Error("no");
    },
  });
  const { code, stderr } = await runCommand(tail, { env: { ...room.env, IM_TOKEN: "wrong" } });
  assert.equal(code, 1);
  assert.match(stderr, /^im: .*\(is --token, or IM_TOKEN, right\?\)\n$/);
});
