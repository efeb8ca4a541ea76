// The basics: connect, join a room, send, receive, disconnect.
//
//   npx im-server                                           in one terminal
//   node examples/simple-client/src/simple-client.ts        in another
//
// IM_SERVER is the server's address; default localhost:8083.
import { ImClient } from "@im-sdk/core";

const client = new ImClient({
  userId: "user123",
  services: [process.env.IM_SERVER ?? "localhost:8083"],
});
await client.connect();
await client.joinRoom("room456");
const messages = client.messages({ roomId: "room456" });

const receipt = await client.sendTextMessage("room456", "Hello World!");
console.log(`sent: ${receipt.delivery}`);

// The server hands a message to everybody in the room, the sender too.
for await (const message of messages) {
  if (message.type !== "text") continue;
  console.log(`${message.fromUserId}: ${message.text}`);
  break;
}
await client.disconnect();
