// How long after SIGKILL of its server a client has a message acknowledged by another, in ms, for each of so many kills.
import { ImClient } from "@im-sdk/core";
import { ServerPair } from "../processes/server-pair.ts";
import { turn } from "./turn.ts";

export interface FailoverTurn {
  readonly kills: number;
}

await turn(async ({ kills }: FailoverTurn) => {
  await using servers = new ServerPair();
  const times: number[] = [];
  while (times.length < kills) times.push(await killOnce(servers));
  return times;
});

/** With a client of its own: one whose servers die again and again would take its time. */
async function killOnce(servers: ServerPair): Promise<number> {
  const services = (await servers.start()).map((port) => `127.0.0.1:${port}`);
  await using client = new ImClient({ userId: "bench", defaultRoomId: "room", services, onError: () => {} });
  const connected = connectedPort(client);
  await client.connect();
  const port = await connected;
  await sendAcknowledged(client);
  const startMs = performance.now();
  const killed = servers.kill(port);
  await sendAcknowledged(client);
  const tookMs = performance.now() - startMs;
  await killed;
  return tookMs;
}

/** The port of the server that the client connects to. */
function connectedPort(client: ImClient): Promise<number> {
  return new Promise((resolve) => {
    client.once("connect", ({ instance }) => resolve(instance?.port ?? 0));
  });
}

async function sendAcknowledged(client: ImClient): Promise<void> {
  const { delivery } = await client.sendTextMessage("room", "still there?");
  if (delivery !== "acknowledged") throw new Error(`a message was only ${delivery}`);
}
