// A bot that answers every text once, whenever its process is killed, and answers what was said while it was away.
//
//   npx im-server                                           in one terminal
//   node examples/resuming-bot/src/resuming-bot.ts          in another; kill it and start it again
//
// IM_SERVER is the server's address, default localhost:8083; BOT_STATE the bot's folder, default ./bot-state.
import { ImClient, type ImMessage } from "@im-sdk/core";
import { LevelStore } from "@im-sdk/store-level";

const client = new ImClient({
  userId: "echo-bot",
  defaultRoomId: "room456",
  services: [process.env.IM_SERVER ?? "localhost:8083"],
  store: new LevelStore({ path: process.env.BOT_STATE ?? "./bot-state" }),
  acknowledge: "manual",
  maxRetries: Number.POSITIVE_INFINITY,
  onMessage: answer,
  onError: (error) => console.error(error.message),
});
await client.connect();
console.log("listening");

async function answer(message: ImMessage): Promise<void> {
  if (message.type === "text" && message.fromUserId !== "echo-bot") {
    // Killed right after this, the bot will be given the message again. The server keeps one answer of this id.
    await client.sendTextMessage(message.roomId, `You said: ${message.text}`, { messageId: `answer to ${message.id}` });
  }
  message.ack();
}

// Ctrl-C ends it in order; SIGKILL does no harm either.
process.once("SIGINT", () => void client.disconnect());
