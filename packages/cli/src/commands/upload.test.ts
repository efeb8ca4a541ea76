import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runCommand } from "../test-kit/running-command.ts";
import { RunningTerminal } from "../test-kit/running-terminal.ts";
import { startTestRoom } from "../test-kit/test-room.ts";

const folder = await mkdtemp(join(tmpdir(), "im-upload-"));
after(() => rm(folder, { recursive: true }));
const recording = randomBytes(3_000_000);
const path = join(folder, "hello.OPUS");
await writeFile(path, recording);

test("a file is uploaded whole, and its id and address are printed without anything between", async () => {
  const arrived = Promise.withResolvers<string>();
  await using room = await startTestRoom({
    transcribe: async ({ format, durationSeconds, open }) => {
      let size = 0;
      for await (const piece of open()) size += piece.length;
      arrived.resolve(`${format}, ${durationSeconds} s, ${size} bytes`);
      return { text: "hello", confidence: 1 };
    },
    defaultRoom: { autoTranscribe: true },
  });
  const { code, stdout, stderr } = await runCommand(["upload", "lobby", path, "--duration", "3.2s"], room);
  assert.deepEqual([code, stderr], [0, ""]);
  const [, audioId, url] = /^(\S+) {2}(http:\S+)\n$/.exec(stdout) ?? [];
  assert.ok(url?.endsWith(`/audio/${audioId}`), stdout);
  assert.equal(await arrived.promise, "opus, 3.2 s, 3000000 bytes");
});

test("on a terminal a bar shows how far it is, and is gone at the end", async () => {
  await using room = await startTestRoom();
  await using terminal = new RunningTerminal(["upload", "lobby", path], room.env, { cols: 120, rows: 24 });
  assert.equal(await terminal.exitCode, 0);
  assert.match(terminal.output, /\[[#-]+\] \d+%/);
  assert.match(terminal.screen, /^\S+ {2}http:\S+$/);
  assert.ok(terminal.output.lastIndexOf("\x1b[?25h") > terminal.output.lastIndexOf("\x1b[?25l"), "the cursor is back");
});

test("--send says so in the room, and - takes the recording from stdin", async () => {
  await using room = await startTestRoom();
  const heard = new Promise<unknown>((resolve) => {
    room.bob.on("message", (message) => message.type === "audio" && resolve(message.audio));
  });
  const args = ["upload", "lobby", "-", "--format", "wav", "--duration", "2s", "--send", "--json"];
  const { code, stdout } = await runCommand(args, { ...room, input: recording });
  assert.equal(code, 0);
  const { audioId, audioUrl, roomId } = JSON.parse(stdout);
  assert.equal(roomId, "lobby");
  const { $typeName, ...audio } = (await heard) as Record<string, unknown>;
  assert.deepEqual(audio, { audioId, audioUrl, format: "wav", duration: 2, size: 3_000_000n, transcription: "" });
});

test("a file that is not there, one without a format, and one that is too large are refused in one line", async () => {
  await using room = await startTestRoom({ limits: { maxUploadBytes: 1_000 } });
  const missing = await runCommand(["upload", "lobby", "none.opus"], room);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^im: source: none\.opus cannot be read: ENOENT.*\n$/);
  const formless = await runCommand(["upload", "lobby", "hello"], room);
  assert.equal(formless.code, 2);
  assert.match(formless.stderr, /^im: --format is needed/);
  const large = await runCommand(["upload", "lobby", path], room);
  assert.equal(large.code, 1);
  assert.match(large.stderr, /^im: .*\n$/);
});
