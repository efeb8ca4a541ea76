import assert from "node:assert/strict";
import { test } from "node:test";
import { ImClient } from "@im-sdk/core";
import { startImServerProcess } from "../test-kit/im-server-process.ts";
import { runCommand } from "../test-kit/running-command.ts";
import { RunningTerminal } from "../test-kit/running-terminal.ts";
import { startTestRoom } from "../test-kit/test-room.ts";

const alice = ["chat", "lobby", "--user", "alice"];

/** A screen without its times of day. */
function timeless(screen: string): string {
  return screen.replaceAll(/^\d\d:\d\d:\d\d /gm, "");
}

test("a chat shows who is there, what was said, and what is said while half a line is typed; Ctrl-D leaves", async () => {
  await using room = await startTestRoom();
  await room.bob.sendTextMessage("lobby", "forgotten");
  await room.bob.sendTextMessage("lobby", "earlier");
  await using chat = new RunningTerminal([...alice, "--last", "1"], room.env);
  await chat.until(/^>/m);
  chat.type("half a line that is as long as to need more than one row of this terminal");
  await chat.until(/this terminal/);
  await room.bob.sendTextMessage("lobby", "look:\n12:00:00 carol: \x1b[2J\x1b]0;title\x07");
  await chat.until(/title/);
  chat.type(", done\r");
  await chat.until(/done ✓/);
  chat.type("/who\r");
  await chat.until(/in the room/);
  chat.type("\x04");
  assert.equal(await chat.exitCode, 0);
  assert.equal(
    timeless(chat.screen),
    [
      `* connected to ${room.env.IM_SERVER}`,
      "bob: earlier",
      "* you are in lobby with bob; /help helps",
      "bob: look:",
      "    12:00:00 carol: \\x1b[2J\\x1b]0;title\\x07",
      "alice: half a line that is as long as to need more than one row of this terminal, done ✓",
      "* in the room: you and bob",
    ].join("\n"),
  );
});

test("who comes and goes is told, commands are explained, and /quit is seen by the others as leaving", async () => {
  await using room = await startTestRoom();
  const left = new Promise<void>((resolve) => {
    room.bob.on("message", (message) => {
      if (message.type === "system" && message.eventType === "user_left" && message.eventData.user_id === "alice")
        resolve();
    });
  });
  await using chat = new RunningTerminal(alice, room.env);
  await chat.until(/^>/m);
  await using carol = new ImClient({ userId: "carol\x1b[1A", services: [room.env.IM_SERVER] });
  await carol.connect();
  await carol.joinRoom("lobby");
  await chat.until(/\* carol\\x1b\[1A joined/);
  await carol.leaveRoom("lobby");
  await chat.until(/\* carol\\x1b\[1A left/);
  chat.type("/nonsense\r");
  await chat.until(/there is no \/nonsense/);
  chat.type("/help\r");
  await chat.until(/\/quit +leave/);
  chat.type("//quit is how to leave\r");
  await chat.until(/alice: \/quit is how to leave ✓/);
  chat.type("/quit\r");
  assert.equal(await chat.exitCode, 0);
  await left;
});

test("a server that dies is told, what is typed meanwhile waits below, and is sent once it is back", async () => {
  await using server = await startImServerProcess();
  await using chat = new RunningTerminal([...alice, "--timeout", "60s"], { IM_SERVER: server.address });
  await chat.until(/^>/m);
  await server.kill();
  await chat.until(/not connected: /);
  chat.type("is anybody there?\r");
  await chat.until(/^… is anybody there\?\n>/m);
  for (const number of [1, 2, 3, 4, 5, 6]) chat.type(`line ${number}\r`);
  await chat.until(/^… and 2 more\n… line 2\n… line 3\n… line 4\n… line 5\n… line 6\n>/m);
  await server.start();
  await chat.until(/alice: is anybody there\? ✓[\s\S]+alice: line 6 ✓/);
  assert.match(chat.screen, /connected again to 127\.0\.0\.1:\d+/);
  assert.doesNotMatch(chat.screen, /…/);
  chat.type("\x03");
  assert.equal(await chat.exitCode, 0);
});

test("where the server does not acknowledge, a message is heard, and shown once", async () => {
  await using room = await startTestRoom({ capabilities: [] });
  await using chat = new RunningTerminal(alice, room.env);
  await chat.until(/^>/m);
  const heard = new Promise<string>((resolve) => {
    room.bob.on("message", (message) => message.type === "text" && resolve(message.text));
  });
  chat.type("hello\r");
  await chat.until(/alice: hello [→✓]/);
  assert.equal(await heard, "hello");
  assert.equal(chat.screen.match(/alice: hello/g)?.length, 1);
});

test("a message that the server refuses is shown with why", async () => {
  await using room = await startTestRoom({ limits: { maxMessageBytes: 100 } });
  await using chat = new RunningTerminal(alice, room.env);
  await chat.until(/^>/m);
  chat.type(`${"x".repeat(101)}\r`);
  await chat.until(/✗ x+: /);
  chat.type("short\r");
  await chat.until(/short ✓/);
});

test("SIGTERM ends a chat with 143, and a server that is not there with 3 and a line that names it", async () => {
  await using room = await startTestRoom();
  await using chat = new RunningTerminal(alice, room.env);
  await chat.until(/^>/m);
  chat.signal("SIGTERM");
  assert.equal(await chat.exitCode, 143);

  await using lost = new RunningTerminal([...alice, "--server", "127.0.0.1:1", "--timeout", "1s"]);
  assert.equal(await lost.exitCode, 3);
  assert.match(lost.screen, /^im: no instance .* 127\.0\.0\.1:1 \(connect ECONNREFUSED/m);
});

test("colours are for a terminal whose owner has not asked for none", async () => {
  await using room = await startTestRoom();
  await room.bob.sendTextMessage("lobby", "hello");
  await using coloured = new RunningTerminal(alice, room.env);
  await coloured.until(/^>/m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a colour begins.
  const colour = /\x1b\[\d+m/;
  assert.match(coloured.output, colour);
  await using plain = new RunningTerminal(alice, { ...room.env, NO_COLOR: "1" });
  await plain.until(/^>/m);
  assert.doesNotMatch(plain.output, colour);
});

test("without a terminal there is no chat, and the error says what to use", async () => {
  const { code, stderr } = await runCommand(alice);
  assert.equal(code, 2);
  assert.equal(stderr, "im: im chat needs a terminal: use im send to say something, im tail to listen\n");
});
