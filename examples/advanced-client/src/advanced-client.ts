// Beyond the basics: options, callbacks and events, tokens, an interceptor, rich text, metadata, async iteration, safe
// repetition, errors by code, reconnecting, history.
//
//   npx im-server                                           in one terminal
//   node examples/advanced-client/src/advanced-client.ts    in another
//
// IM_SERVER is the server's address; default localhost:8083.
import { ImClient, MessageType } from "@im-sdk/core";
import { startFaultProxy } from "@im-sdk/testing";
import { countCalls } from "./count-calls.ts";
import { describe } from "./describe.ts";
import { explain } from "./explain.ts";
import { fetchToken } from "./fetch-token.ts";

// Stands between client and server, so that there is a network to break.
await using network = await startFaultProxy(process.env.IM_SERVER ?? "localhost:8083");
const calls = new Map<string, number>();

await using client = new ImClient({
  userId: "ada",
  services: [network.address],
  connectTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  maxRetries: Number.POSITIVE_INFINITY,
  retryIntervalMs: 200,
  outbox: { maxMessages: 1_000, whenFull: "reject" },
  credentials: fetchToken,
  interceptors: [countCalls(calls)],
  onConnect: ({ capabilities }) => console.log(`connected; the server grants ${capabilities.join(" and ")}`),
  onDisconnect: (error) => console.log(`disconnected: ${error?.message ?? "as asked"}`),
  onError: (error) => console.error(`error: ${explain(error)}`),
});
client.on("stateChange", ({ previous, state }) => console.log(`state: ${previous} → ${state}`));
client.on("gap", ({ roomId }) => console.log(`some messages of #${roomId} are lost`));

await client.connect();
const { onlineUsers } = await client.joinRoom("lounge", { nickname: "Ada" });
console.log(`in #lounge: ${onlineUsers.join(", ")}`);

// Async iteration: from now on, beside everything below, until the client is disconnected.
void (async () => {
  for await (const message of client.messages({ roomId: "lounge" })) console.log(`received: ${describe(message)}`);
})();

await client.sendRichTextMessage("lounge", { contentType: "markdown", rawContent: "**Hello** from Ada" });
await client.sendTextMessage("lounge", "with a note attached", { metadata: { mood: "cheerful" } });

// A message id of your own makes repeating safe: the server keeps one message and answers with the first receipt.
const order = { messageId: `order-${process.pid}-${Date.now()}` };
const first = await client.sendTextMessage("lounge", "one coffee, please", order);
const second = await client.sendTextMessage("lounge", "one coffee, please", order);
console.log(`sent twice, stored once: ${first.sequence === second.sequence}`);

// Errors have a code.
await client.getAudioTranscript("no-such-recording").catch((error) => console.log(explain(error)));
const forged = { roomId: "lounge", type: MessageType.SYSTEM, content: new Uint8Array() };
await client.sendMessage(forged).catch((error) => console.log(explain(error)));

// The network goes away. A message waits in the outbox, for as long as its deadline allows.
const disconnected = new Promise((resolve) => client.once("disconnect", resolve));
network.refuse();
network.cut();
await disconnected;
await client.sendTextMessage("lounge", "quick!", { timeoutMs: 50 }).catch((error) => console.log(explain(error)));
const patient = client.sendTextMessage("lounge", "no hurry");
await network.accept();
console.log(`sent after reconnecting: ${(await patient).delivery}`);

for await (const message of client.listMessages("lounge")) console.log(`history: ${describe(message)}`);
console.log(`calls: ${[...calls].map(([method, count]) => `${count} ${method}`).join(", ")}`);
