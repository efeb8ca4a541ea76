// An app of a monorepo on top of the SDK: a chat gateway with an HTTP interface, and a bot that echoes.
//
//   npx im-server                                           in one terminal
//   node examples/monorepo-app/src/main.ts                  in another; Ctrl-C ends it
//   curl -d '{"text":"hello"}' localhost:8080/rooms/lobby/messages
//   curl localhost:8080/rooms/lobby/messages
//
// IM_SERVER is the server's address, default localhost:8083; PORT is the gateway's, default 8080.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ImClient } from "@im-sdk/core";
import { runEchoBot } from "./echo-bot.ts";
import { createGateway } from "./gateway.ts";
import { openHistory } from "./history.ts";

const server = process.env.IM_SERVER ?? "localhost:8083";
const services = [server];
const interrupted = once(process, "SIGINT");

await using bot = new ImClient({ userId: "echo-bot", services, maxRetries: Number.POSITIVE_INFINITY });
await bot.connect();
await bot.joinRoom("lobby");
void runEchoBot(bot, "echo-bot");

await using client = new ImClient({ userId: "gateway", services, maxRetries: Number.POSITIVE_INFINITY });
await client.connect();
using history = openHistory(`http://${server}`);

const gateway = createGateway(client, history).listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
await once(gateway, "listening");
console.log(`gateway on http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);

await interrupted;
gateway.close();
gateway.closeAllConnections();
