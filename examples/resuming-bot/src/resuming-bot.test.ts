import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ImClient } from "@im-sdk/core";
import { startImServer } from "@im-sdk/server";

const example = fileURLToPath(new URL("resuming-bot.ts", import.meta.url));

test("the bot answers every message once, though it is killed again and again and misses some while it is away", async (t) => {
  await using server = await startImServer();
  const folder = await mkdtemp(join(tmpdir(), "im-bot-"));
  t.after(() => rm(folder, { recursive: true }));
  const env = { ...process.env, IM_SERVER: `127.0.0.1:${server.port}`, BOT_STATE: join(folder, "state") };
  const startBot = async () => {
    const bot = spawn(process.execPath, [example], { env, stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => bot.kill("SIGKILL"));
    await once(bot.stdout, "data");
    return bot;
  };
  await using ann = new ImClient({
    userId: "ann",
    defaultRoomId: "room456",
    services: [`127.0.0.1:${server.port}`],
  });
  await ann.connect();
  const messages = ann.messages();
  const answers: string[] = [];
  const hear = async (last: string) => {
    for (let heard = ""; heard !== last; ) {
      const { value } = await messages.next();
      if (value?.type !== "text" || value.fromUserId !== "echo-bot") continue;
      heard = value.text;
      answers.push(heard);
    }
  };

  // The first start is where its reading begins.
  let bot = await startBot();
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 10; n++) await ann.sendTextMessage("room456", `${round}-${n}`);
    await hear(`You said: ${round}-3`);
    const ended = once(bot, "close");
    bot.kill("SIGKILL");
    await ended;
    await ann.sendTextMessage("room456", `${round}-missed`);
    bot = await startBot();
  }
  await hear("You said: 2-missed");
  const said = [0, 1, 2].flatMap((round) => [
    ...Array.from({ length: 10 }, (_, n) => `${round}-${n}`),
    `${round}-missed`,
  ]);
  assert.deepEqual(
    answers,
    said.map((text) => `You said: ${text}`),
  );
});
