import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "../test-kit/running-command.ts";
import { startTestRoom } from "../test-kit/test-room.ts";

test("a room is described with who is in it, which does not join it", async () => {
  await using room = await startTestRoom({ rooms: { lobby: { name: "The\x1b[2J Lobby", maxUsers: 5 } } });
  await room.bob.sendTextMessage("lobby", "hello");
  const { code, stdout, stderr } = await runCommand(["room", "lobby"], room);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^room +lobby\nname +The\\x1b\[2J Lobby\nusers +1 of 5\nmessages +1\n[\s\S]*\n {2}bob\n$/);

  const { stdout: json } = await runCommand(["room", "lobby", "--json"], room);
  const described = JSON.parse(json);
  assert.deepEqual([described.room.name, described.room.messageCount], ["The\x1b[2J Lobby", "1"]);
  assert.deepEqual(
    described.users.map(({ userId }: { userId: string }) => userId),
    ["bob"],
  );
});

test("a room that is not there is named, with exit code 1", async () => {
  await using room = await startTestRoom();
  const { code, stderr } = await runCommand(["room", "none"], room);
  assert.deepEqual([code, stderr], [1, 'im: looking at none: room "none" is not here\n']);
});

test("what the server finds wrong with a request is its refusal, with exit code 1, and no wrong usage", async () => {
  await using room = await startTestRoom({ limits: { maxIdLength: 10 } });
  const { code, stderr } = await runCommand(["room", "a-longer-name"], room);
  assert.equal(code, 1);
  assert.match(stderr, /^im: looking at a-longer-name: room_id is 13 characters long: .*\n$/);
});
