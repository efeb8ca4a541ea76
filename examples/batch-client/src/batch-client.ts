// Many messages from many clients over shared connections: 10,000 messages, their receipts counted, and the rate.
//
//   npx im-server                                           in one terminal
//   node examples/batch-client/src/batch-client.ts          in another
//
// IM_SERVER is the server's address; default localhost:8083.
import { createEndpointPool, ImClient } from "@im-sdk/core";
import { sendAll } from "./send-all.ts";

const messageCount = 10_000;
const roomId = `batch-${process.pid}-${Date.now()}`;

// Without a pool of theirs, every client would have a connection of its own.
await using endpointPool = createEndpointPool();
const services = [process.env.IM_SERVER ?? "localhost:8083"];
const clients = Array.from({ length: 20 }, (_, n) => new ImClient({ userId: `sender-${n}`, services, endpointPool }));
const reader = new ImClient({ userId: "reader", services, endpointPool });
await Promise.all([...clients, reader].map((client) => client.connect()));
await reader.joinRoom(roomId);
const messages = reader.messages({ roomId });

const texts = Array.from({ length: messageCount }, (_, n) => `message ${n}`);
const startedAt = performance.now();
const sent = sendAll(clients, roomId, texts, { perClient: 100 });

const received = new Set<string>();
for await (const { id, type } of messages) {
  if (type === "text") received.add(id);
  if (received.size === messageCount) break;
}
const receipts = await sent;
const seconds = (performance.now() - startedAt) / 1000;

const acknowledged = receipts.filter(({ delivery }) => delivery === "acknowledged").length;
console.log(`${clients.length} clients sent ${receipts.length} messages: ${acknowledged} acknowledged`);
console.log(`${received.size} received, ${Math.round(messageCount / seconds).toLocaleString("en")} messages a second`);
await Promise.all([...clients, reader].map((client) => client.disconnect()));
