// How long after SIGKILL of its server a client has a message acknowledged by another, in ms, for each of so many kills.
import { ImClient } from "@im-sdk/core";
import { ServerPair } from "../processes/server-pair.ts";
import { turn } from "./turn.ts";

export interface FailoverTurn {
  readonly kills: number;
}

await turn(async ({ kills }: FailoverTurn) => {
  await using servers = new ServerPair();
  const ports = await servers.start();
  await using client = new ImClient({ userId: "bench", defaultRoomId: "room", services: ports.map(addressOf) });
  let port = 0;
  client.on("connect", ({ instance }) => {
    port = instance?.port ?? 0;
  });
  await client.connect();
  const times: number[] = [];
  while (times.length < kills) {
    await sendAcknowledged(client);
    const startMs = performance.now();
    const killed = servers.kill(port);
    await sendAcknowledged(client);
    times.push(performance.now() - startMs);
    await killed;
    client.setServices((await servers.start()).map(addressOf));
  }
  return times;
});

async function sendAcknowledged(client: ImClient): Promise<void> {
  const { delivery } = await client.sendTextMessage("room", "still there?");
  if (delivery !== "acknowledged") throw new Error(`a message was only ${delivery}`);
}

function addressOf(port: number): string {
  return `127.0.0.1:${port}`;
}
