// Uses everything a client has, disconnects, and must then end by itself: run by im-client-process.test.ts.
import { startImServer } from "@im-sdk/server";
import { ImClient } from "../im-client.ts";

const server = await startImServer();
const client = new ImClient({
  userId: "ann",
  defaultRoomId: "lobby",
  services: [`127.0.0.1:${server.port}`],
  onMessage: () => {},
});
await client.connect();
await client.joinRoom("other");
await client.sendTextMessage("lobby", "hello");
await client.uploadAudio("lobby", new Uint8Array(100_000), { format: "opus" });
for await (const _ of client.listMessages("lobby")) break;
void client.messages().next();
await client.getRoomInfo("lobby");
client.sendTextMessage("lobby", "on its way").catch(() => {});
await client.disconnect();
await server.close();
console.log(
  `left: ${process
    .getActiveResourcesInfo()
    .filter((name) => name !== "PipeWrap" && name !== "TTYWrap")
    .join(" ")}`,
);
