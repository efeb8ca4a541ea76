import type { ImClient } from "@im-sdk/core";

/** Answers every text of others in the client's rooms, until the client is disconnected. */
export async function runEchoBot(client: ImClient, userId: string): Promise<void> {
  for await (const message of client.messages()) {
    if (message.type !== "text" || message.fromUserId === userId) continue;
    // An answer that could not be given is no reason to give no more.
    await client.sendTextMessage(message.roomId, `echo: ${message.text}`).catch(console.error);
  }
}
