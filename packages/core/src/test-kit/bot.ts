// A bot with a store on disk, made to be killed: run by im-client-store.test.ts with a JSON of what it is to do.
import { writeSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LevelStore } from "@im-sdk/store-level";
import { ImClient } from "../im-client.ts";

/** What a bot is told to do. */
export interface BotTask {
  address: string;
  path: string;
  acknowledge?: "automatic" | "manual";
  /** Texts to send at once. */
  sends?: string[];
}

/** Said at once and for good, also when the process is killed right after. */
function say(word: string, what: unknown): void {
  writeSync(1, `${JSON.stringify([word, what])}\n`);
}

const { address, path, acknowledge = "automatic", sends = [] }: BotTask = JSON.parse(process.argv[2] ?? "");
const client = new ImClient({
  userId: "bot",
  defaultRoomId: "lobby",
  services: [address],
  store: new LevelStore({ path }),
  acknowledge,
  maxRetries: Number.POSITIVE_INFINITY,
  retryIntervalMs: 20,
  async onMessage(message) {
    if (message.type !== "text" || message.fromUserId === "bot") return;
    say("handling", message.text);
    await nextTurn();
    message.ack();
    say("handled", message.text);
  },
});
client.on("gap", (gap) => say("gap", gap.reason));
client.on("settled", ({ messageId, receipt, error }) => say("settled", [messageId, receipt?.delivery ?? error?.code]));
await client.connect();
say("connected", null);
for (const text of sends) {
  client.sendTextMessage("lobby", text, { messageId: text, timeoutMs: 60_000 }).then(
    () => say("acknowledged", text),
    () => {},
  );
}
