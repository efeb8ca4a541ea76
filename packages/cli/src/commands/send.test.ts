import assert from "node:assert/strict";
import { test } from "node:test";
import { startFaultProxy } from "@im-sdk/testing";
import { RunningCommand, runCommand } from "../test-kit/running-command.ts";
import { RunningTerminal } from "../test-kit/running-terminal.ts";
import { startTestRoom, type TestRoom } from "../test-kit/test-room.ts";

async function textsOf({ bob }: TestRoom): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of bob.listMessages("lobby")) if (message.type === "text") texts.push(message.text);
  return texts;
}

test("words are sent as one text, stdin without its last line break, and the receipt is printed", async () => {
  await using room = await startTestRoom();
  const { env } = room;
  const words = await runCommand(["send", "lobby", "hello", "you all"], { env });
  assert.match(words.stdout, /^acknowledged {2}[0-9a-f-]{36} {2}sequence 1\n$/);
  assert.deepEqual([words.code, words.stderr], [0, ""]);
  assert.equal((await runCommand(["send", "lobby"], { env, input: "two\nlines\n" })).code, 0);
  assert.equal((await runCommand(["send", "lobby", "-"], { env, input: "张三\r\n" })).code, 0);
  assert.deepEqual(await textsOf(room), ["hello you all", "two\nlines", "张三"]);
});

test("with --json the receipt is one object, and a message sent again under its id is one message", async () => {
  await using room = await startTestRoom();
  const args = ["--json", "send", "lobby", "once", "--id", "order-17", "-u", "carol"];
  const [first, second] = [await runCommand(args, room), await runCommand(args, room)];
  const { epoch, ...rest } = JSON.parse(first.stdout);
  assert.deepEqual(rest, { roomId: "lobby", messageId: "order-17", delivery: "acknowledged", sequence: "1" });
  assert.equal(second.stdout, first.stdout);
  assert.deepEqual(await textsOf(room), ["once"]);
});

test("--lines sends each line as it comes, in order, with a receipt for each", async () => {
  await using room = await startTestRoom();
  await using command = new RunningCommand(["send", "lobby", "--lines", "--json"], room.env);
  command.process.stdin.write("first\n\n");
  await command.stdout.until(/"line":1,.*\n/);
  const more = Array.from({ length: 600 }, (_, number) => `line ${number}`);
  command.process.stdin.end(more.join("\n"));
  const { code, stdout } = await command.outcome();
  assert.equal(code, 0);
  assert.deepEqual(await textsOf(room), ["first", ...more]);
  const receipts = stdout.trimEnd().split("\n");
  assert.deepEqual(
    receipts.map((line) => JSON.parse(line).line),
    [1, ...more.map((_, index) => index + 3)],
  );
});

test("a line that is refused is told with its number, and no more lines are taken", async () => {
  await using room = await startTestRoom({ limits: { maxMessageBytes: 10 } });
  const { code, stderr, stdout } = await runCommand(["send", "lobby", "--lines"], {
    ...room,
    input: `good\n${"bad".repeat(10)}\n`,
  });
  assert.equal(code, 1);
  assert.match(stdout, /^acknowledged .*\n$/);
  assert.match(stderr, /^im: line 2: .*\n$/);
});

test("a line that fails ends it at once, also while nothing more comes from stdin", async () => {
  await using room = await startTestRoom({ limits: { maxMessageBytes: 10 } });
  await using command = new RunningCommand(["send", "lobby", "--lines"], room.env);
  command.process.stdin.write(`${"bad".repeat(10)}\n`);
  const { code, stdout, stderr } = await command.outcome();
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^im: line 1: .*\n$/);
});

test("a text typed at a terminal ends with Ctrl-D", async () => {
  await using room = await startTestRoom();
  await using terminal = new RunningTerminal(["send", "lobby"], room.env);
  await terminal.until(/Ctrl-D/);
  terminal.type("typed\n\x04");
  assert.equal(await terminal.exitCode, 0);
  assert.deepEqual(await textsOf(room), ["typed"]);
});

test("what cannot be sent is one line that says why, with a code that says whether it may have arrived", async () => {
  await using room = await startTestRoom({ limits: { maxMessageBytes: 10 } });
  const refused = await runCommand(["send", "lobby", "x".repeat(11)], room);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^im: .*\n$/);

  const away = await runCommand(["send", "lobby", "hi", "--server", "127.0.0.1:1", "--timeout", "500ms"]);
  assert.equal(away.code, 3);
  assert.match(away.stderr, /^im: no instance of im-service could be reached: 127\.0\.0\.1:1 \(.*--server.*\)\n$/);
  assert.equal(away.stdout, "");
});

test("a message that has left and is not answered is unknown, with exit code 4", async () => {
  await using room = await startTestRoom();
  await using proxy = await startFaultProxy(room.env.IM_SERVER);
  const args = ["send", "lobby", "--lines", "--timeout", "2s", "--server", proxy.address];
  await using command = new RunningCommand(args);
  command.process.stdin.write("before\n");
  await command.stdout.until(/^acknowledged/);
  proxy.stall("down");
  command.process.stdin.end("into the dark\n");
  const { code, stderr } = await command.outcome();
  assert.equal(code, 4);
  assert.match(stderr, /^im: line 2: .*\(it may have arrived or not\)\n$/);
});

test("of stdin no more lines are taken than 256 at a time, however fast they come", async () => {
  await using room = await startTestRoom();
  await using proxy = await startFaultProxy(room.env.IM_SERVER);
  const args = ["send", "lobby", "--lines", "--timeout", "2s", "--server", proxy.address];
  await using command = new RunningCommand(args);
  command.process.stdin.write("before\n");
  await command.stdout.until(/^acknowledged/);
  proxy.stall("down");
  command.process.stdin.end("into the dark\n".repeat(2_000));
  const { code, stderr } = await command.outcome();
  assert.equal(code, 4);
  const told = [...stderr.matchAll(/^im: line (\d+): /gm)].map(([, line]) => Number(line));
  assert.equal(told[0], 2);
  assert.ok(told.length <= 256, `${told.length} lines`);
});

test("Ctrl-C gives up with 130, also while stdin is waited for", async () => {
  await using room = await startTestRoom();
  await using command = new RunningCommand(["send", "lobby", "--lines"], room.env);
  command.process.stdin.write("one\n");
  await command.stdout.until(/^acknowledged/);
  command.process.kill("SIGINT");
  const { code, stderr } = await command.outcome();
  assert.deepEqual([code, stderr], [130, ""]);
});
